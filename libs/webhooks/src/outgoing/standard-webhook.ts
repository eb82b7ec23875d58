/** Standard Webhooks v1: how a delivery is signed. @see https://www.standardwebhooks.com (specification 1.0.0, checked 2026-11) */
import { createHmac, randomBytes } from 'node:crypto';
import { SECOND_MS } from '#kernel';

const SECRET_PREFIX = 'whsec_';
// The specification asks for 24 to 64.
const SECRET_BYTES = 32;

/** A new secret: `whsec_` and 32 random bytes in base64. */
export function newWebhookSecret(): string {
  return `${SECRET_PREFIX}${randomBytes(SECRET_BYTES).toString('base64')}`;
}

/**
 * The three headers of a delivery.
 *
 * @param id - The same for every attempt: receivers drop what they have seen.
 * @param secrets - Each signs; during a rotation there are two.
 */
export function standardWebhookHeaders(id: string, body: string, at: Date, secrets: readonly string[]): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / SECOND_MS));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
