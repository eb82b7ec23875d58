/** A certificate with its key, and the checks it must pass before any client sees it. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import { CertificateRejectedError, type RejectionReason } from './ssl.errors.js';
import { secureContextOptions } from './tls-options.js';

/** A certificate chain, leaf first, and the leaf's private key, in PEM. */
export interface KeyPair {
  readonly chainPem: string;
  readonly keyPem: string;
}

/** The kinds of key served, at most one certificate of each. */
export type KeyType = 'ec' | 'rsa';

/** A key pair that has passed {@link readCertificate}. */
export interface Certificate extends KeyPair {
  readonly keyType: KeyType;
  /** DNS names and addresses of the certificate, as it spells them. */
  readonly names: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SHA-256 over the leaf, hexadecimal with colons: tells two certificates apart. */
  readonly fingerprint: string;
}

/** A clock may run behind the certificate authority's by this much. */
const CLOCK_SKEW_MS = 5 * 60_000;
const LONGEST_CHAIN = 10;

/**
 * Reads a key pair and checks that it belongs together.
 *
 * @throws CertificateRejectedError with the first reason found; its message holds nothing of the key.
 */
export function readCertificate(pair: KeyPair): Certificate {
  const chain = splitChain(pair.chainPem).map((pem) => parse('certificate_unreadable', () => new X509Certificate(pem)));
  const [leaf] = chain;
  if (leaf === undefined) throw new CertificateRejectedError('certificate_unreadable', 'no certificate in PEM was found');
  const key = parse('key_unreadable', () => createPrivateKey(pair.keyPem));
  if (!leaf.checkPrivateKey(key)) throw new CertificateRejectedError('key_mismatch', 'the private key belongs to another certificate');
  refuseBrokenOrder(chain);
  const keyType = keyTypeOf(key);
  // OpenSSL has the last word: weak keys, curves and signatures.
  parse('refused_by_openssl', () => createSecureContext(secureContextOptions([pair])));
  return {
    ...pair,
    keyType,
    names: namesOf(leaf),
    notBefore: new Date(leaf.validFrom),
    notAfter: new Date(leaf.validTo),
    fingerprint: leaf.fingerprint256,
  };
}

/** @throws CertificateRejectedError when a client would find the certificate expired or not valid yet. */
export function refuseOutOfDate({ notBefore, notAfter }: Certificate, now: Date): void {
  if (now > notAfter) throw new CertificateRejectedError('expired', `it expired at ${notAfter.toISOString()}`);
  if (now.getTime() + CLOCK_SKEW_MS < notBefore.getTime()) {
    throw new CertificateRejectedError('not_yet_valid', `it is valid only from ${notBefore.toISOString()}`);
  }
}

/** @throws CertificateRejectedError when a name is missing from the certificate. */
export function refuseUncovered(certificate: Certificate, names: readonly string[]): void {
  const leaf = new X509Certificate(certificate.chainPem);
  const missing = names.filter((name) => (isIP(name) === 0 ? leaf.checkHost(name) : leaf.checkIP(name)) === undefined);
  if (missing.length > 0) throw new CertificateRejectedError('name_not_covered', `it does not cover ${missing.join(', ')}`);
}

function splitChain(chainPem: string): string[] {
  const blocks = chainPem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  return blocks.slice(0, LONGEST_CHAIN);
}

function parse<T>(reason: RejectionReason, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new CertificateRejectedError(reason, 'OpenSSL cannot use it', { cause });
  }
}

function refuseBrokenOrder(chain: readonly X509Certificate[]): void {
  for (const [index, issued] of chain.entries()) {
    const issuer = chain[index + 1];
    if (issuer !== undefined && !issued.checkIssued(issuer)) {
      throw new CertificateRejectedError('chain_broken', `certificate ${index + 1} of the chain was not issued by the one after it`);
    }
  }
}

function keyTypeOf(key: KeyObject): KeyType {
  if (key.asymmetricKeyType === 'ec' || key.asymmetricKeyType === 'rsa') return key.asymmetricKeyType;
  throw new CertificateRejectedError('key_type_unsupported', `keys of type ${String(key.asymmetricKeyType)} are not served`);
}

function namesOf(leaf: X509Certificate): string[] {
  const entries = (leaf.subjectAltName ?? '').split(', ');
  return entries.flatMap((entry) => /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1] ?? []);
}
