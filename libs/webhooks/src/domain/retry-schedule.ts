/** When a webhook event is tried again. */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '#kernel';

/** Upper bounds of the waits after the first, second, … failure; after the last one the event is dead. About a day and a half in all. */
const FAILURE_WAITS_MS = [10 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 6 * HOUR_MS, DAY_MS] as const;

/** Waits for a payment that is not there yet: short at first, because the request that makes it is usually about to commit. */
const PARKED_WAITS_MS = [
  SECOND_MS,
  2 * SECOND_MS,
  5 * SECOND_MS,
  15 * SECOND_MS,
  MINUTE_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  6 * HOUR_MS,
  DAY_MS,
] as const;

// Full jitter may draw zero; a retry at once would meet what it has just failed on.
const MINIMUM_WAIT_MS = SECOND_MS / 2;

/**
 * The wait before the next attempt, with full jitter so that a crowd does not come back together.
 *
 * @param attempts - Attempts made so far, 1 or more.
 * @param random - Uniform in [0, 1).
 * @returns Milliseconds, or null when that was the last attempt.
 */
export function failureWaitMs(attempts: number, random: number): number | null {
  return jittered(FAILURE_WAITS_MS[attempts - 1], random);
}

/** As {@link failureWaitMs}, for an event that came before its payment. */
export function parkedWaitMs(attempts: number, random: number): number | null {
  return jittered(PARKED_WAITS_MS[attempts - 1], random);
}

function jittered(boundMs: number | undefined, random: number): number | null {
  return boundMs === undefined ? null : Math.round(MINIMUM_WAIT_MS + random * (boundMs - MINIMUM_WAIT_MS));
}
