/** `Stripe-Signature`. @see https://docs.stripe.com/webhooks#verify-manually (checked 2026-11) */
import { createHmac } from 'node:crypto';

/** Secret of the `v0` signature that test events carry too; nobody is meant to check it. */
const TEST_SCHEME_SECRET = 'whsec_test_scheme';

/** The header's value: the second of signing, one `v1` for each live secret, and test mode's `v0`. */
export function signatureHeader(body: string, secrets: readonly string[], seconds: number): string {
  const signed = `${String(seconds)}.${body}`;
  const hmac = (secret: string) => createHmac('sha256', secret).update(signed).digest('hex');
  return [`t=${String(seconds)}`, ...secrets.map((secret) => `v1=${hmac(secret)}`), `v0=${hmac(TEST_SCHEME_SECRET)}`].join(',');
}
