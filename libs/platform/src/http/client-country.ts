/** The country of a client's address, as the reverse proxy in front says it. */
import type { FastifyRequest } from 'fastify';
import type { ServerConfig } from '../config/groups.js';

/** What proxies write when they do not know, and for networks that hide it: Cloudflare XX, and T1 for Tor, which is no code. */
const UNKNOWN = 'XX';

/**
 * Upper-case ISO 3166 code; null when no header is configured, none came, or it did not come through a trusted proxy: everybody can write a header.
 */
export function clientCountryOf(request: FastifyRequest, { countryHeader }: Pick<ServerConfig, 'countryHeader'>): string | null {
  if (countryHeader === null) return null;
  // The client's address differs from the connection's only behind a proxy that TRUSTED_PROXIES names.
  if (request.ip === request.socket.remoteAddress) return null;
  const value = request.headers[countryHeader.toLowerCase()];
  if (typeof value !== 'string' || !/^[a-z]{2}$/i.test(value)) return null;
  const country = value.toUpperCase();
  return country === UNKNOWN ? null : country;
}
