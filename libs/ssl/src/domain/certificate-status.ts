/** How old a certificate is in its own terms: everything is relative to its lifetime, so that 90 days and 90 seconds obey one rule. */

/**
 * - `ok`: one third of the lifetime or more is left
 * - `renewal_due`: less than one third is left, so a renewal has failed or nobody renews
 * - `expired`: clients refuse it
 */
export type CertificateState = 'ok' | 'renewal_due' | 'expired';

/** The validity period as the certificate states it, both ends inclusive. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Below this share of its lifetime a certificate is due. */
export const RENEWAL_RATIO = 1 / 3;

/**
 * Renewals start within this share of the lifetime before {@link RENEWAL_RATIO} is reached: 4.5 days of 90.
 * Early rather than late, so that a renewal that succeeds at once never shows as `renewal_due`.
 */
export const JITTER_RATIO = 0.05;

/** First and longest pause after failed renewals, as shares of the lifetime: 64 minutes and 12 hours of 90 days. */
const FIRST_RETRY_RATIO = 1 / 2_000;
const LONGEST_RETRY_RATIO = 1 / 180;
const SHORTEST_RETRY_MS = 1_000;

/**
 * The first certificate has no lifetime yet: a minute, doubling up to an hour.
 *
 * A name may fail five validations an hour.
 * @see https://letsencrypt.org/docs/rate-limits/ (checked 2026-11)
 */
const FIRST_ISSUE_RETRY_MS = 60_000;
const FIRST_ISSUE_LONGEST_RETRY_MS = 3_600_000;

/** The share of the lifetime that is left: 1 before it begins, 0 after it has ended. */
export function remainingRatio(validity: Validity, now: Date): number {
  const lifetimeMs = lifetimeMsOf(validity);
  if (lifetimeMs <= 0) return 0;
  return Math.min(1, Math.max(0, (validity.notAfter.getTime() - now.getTime()) / lifetimeMs));
}

/** Where a certificate stands at `now`. */
export function certificateState(validity: Validity, now: Date): CertificateState {
  if (now > validity.notAfter) return 'expired';
  return remainingRatio(validity, now) < RENEWAL_RATIO ? 'renewal_due' : 'ok';
}

/**
 * The instant from which a renewal is attempted.
 *
 * @param fingerprint - The certificate's SHA-256 in hexadecimal. The jitter comes from it, so that every replica and every restart
 *   computes the same instant while a thousand deployments do not meet at the certificate authority at once.
 */
export function renewalInstant(validity: Validity, fingerprint: string): Date {
  const spread = Number.parseInt(fingerprint.replaceAll(':', '').slice(0, 8), 16) / 0xffff_ffff;
  const leftMs = lifetimeMsOf(validity) * (RENEWAL_RATIO + JITTER_RATIO * spread);
  return new Date(validity.notAfter.getTime() - leftMs);
}

/**
 * The pause before the next attempt: doubling from the first failure to a cap, both in proportion to the lifetime.
 *
 * @param failures - Failures in a row, 1 or more.
 * @param validity - The certificate in use; null when there is none yet.
 * @param spread - A random number in [0, 1): the pause varies by a fifth either way.
 */
export function retryPauseMs(failures: number, validity: Validity | null, spread: number): number {
  const lifetimeMs = validity === null ? 0 : lifetimeMsOf(validity);
  const first = validity === null ? FIRST_ISSUE_RETRY_MS : lifetimeMs * FIRST_RETRY_RATIO;
  const longest = validity === null ? FIRST_ISSUE_LONGEST_RETRY_MS : lifetimeMs * LONGEST_RETRY_RATIO;
  const pauseMs = Math.min(first * 2 ** Math.min(failures - 1, 30), longest);
  return Math.max(SHORTEST_RETRY_MS, Math.round(pauseMs * (0.8 + 0.4 * spread)));
}

function lifetimeMsOf(validity: Validity): number {
  return validity.notAfter.getTime() - validity.notBefore.getTime();
}
