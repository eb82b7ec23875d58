/** The TLS policy of every listener, and what a Fastify server needs to obey it. */
import { constants } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';
import type { SecureServerOptions } from 'node:http2';
import type { KeyPair } from './certificate.js';

/** A client that has not finished its handshake by then is cut off. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * TLS 1.2 needs forward secrecy and an AEAD: each suite stands twice, for EC and for RSA certificates. The three of TLS 1.3 come first.
 *
 * @see https://wiki.mozilla.org/Security/Server_Side_TLS, "intermediate" without DHE (checked 2026-11)
 */
export const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
] as const;

/**
 * The policy with the certificates to serve. With an EC and an RSA one, each client is shown the kind it can check.
 *
 * The whole of it goes into every `setSecureContext`: what a new context does not name falls back to OpenSSL's defaults.
 */
export function secureContextOptions(pairs: readonly KeyPair[]): SecureContextOptions {
  return {
    key: pairs.map((pair) => pair.keyPem),
    cert: pairs.map((pair) => pair.chainPem),
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: CIPHERS.join(':'),
    // A phone without AES instructions knows best that it wants ChaCha20.
    honorCipherOrder: false,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  };
}

/** Fastify's options for HTTP/2 with HTTP/1.1 for clients without it, agreed on by ALPN. */
export interface FastifyTlsOptions {
  readonly http2: true;
  readonly https: SecureServerOptions;
}

/**
 * Options for a Fastify server that has the policy but no certificate yet: until `CertificateService.attach` gives it one, handshakes
 * are refused, which is better than a placeholder that clients learn to accept.
 */
export function fastifyTlsOptions(): FastifyTlsOptions {
  return { http2: true, https: { ...secureContextOptions([]), allowHTTP1: true, handshakeTimeout: HANDSHAKE_TIMEOUT_MS } };
}
