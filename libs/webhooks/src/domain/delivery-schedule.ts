/** When a merchant's endpoint is tried again, and when it has had enough. */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '#kernel';

/** Waits after the first, second, … failure; together a little over three days, as Standard Webhooks recommends. */
const WAITS_MS = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  DAY_MS,
] as const;

/** A receiver may ask for patience, but not for ever. */
const MAX_RETRY_AFTER_MS = DAY_MS;

/** Days of nothing but failures after which an endpoint is disabled. */
export const FAILING_DAYS_LIMIT = 5;

/**
 * The wait before the next attempt, up to a fifth longer than the schedule says, so that many deliveries do not return together.
 *
 * @param attempts - Attempts made so far, 1 or more.
 * @param retryAfterMs - What the receiver asked for; null when nothing.
 * @param random - Uniform in [0, 1).
 * @returns Milliseconds, or null when that was the last attempt.
 */
export function deliveryWaitMs(attempts: number, retryAfterMs: number | null, random: number): number | null {
  const waitMs = WAITS_MS[attempts - 1];
  if (waitMs === undefined) return null;
  return Math.round(Math.max(waitMs * (1 + random / 5), Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS)));
}

/**
 * Milliseconds that a Retry-After header asks for.
 *
 * @param header - Seconds, or an HTTP date.
 */
export function retryAfterMs(header: string | undefined, now: Date): number | null {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * SECOND_MS;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now.getTime());
}
