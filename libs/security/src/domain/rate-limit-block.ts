/** How long a key is blocked after a breach. */
import { HOUR_MS, MINUTE_MS } from '#kernel';

/** Repeated breaches escalate: 5 minutes, 1 hour, 24 hours, 7 days. */
export const BLOCK_DURATIONS_MS: readonly number[] = [5 * MINUTE_MS, HOUR_MS, 24 * HOUR_MS, 7 * 24 * HOUR_MS];

/** A key that stays quiet for seven days after its last block starts from the first step again. */
export const QUIET_MS = 7 * 24 * HOUR_MS;

/** A block that was given, seen from now. */
export interface LastBlock {
  readonly step: number;
  /** Until its end; negative when it ended that long ago. */
  readonly remainingMs: number;
}

/**
 * The block that a breach brings. While a block lasts, a further breach changes nothing: requests that were on their way when it began are not
 * the second offence.
 *
 * @param last - The key's last block, or null.
 * @param firstStep - The step of a first breach: 0 is 5 minutes, 1 is an hour.
 */
export function nextBlock(last: LastBlock | null, firstStep: number): { readonly step: number; readonly durationMs: number } {
  if (last !== null && last.remainingMs > 0) return { step: last.step, durationMs: last.remainingMs };
  const step = last === null || -last.remainingMs > QUIET_MS ? firstStep : Math.min(last.step + 1, BLOCK_DURATIONS_MS.length - 1);
  return { step, durationMs: blockDurationMs(step) };
}

/** Milliseconds of a step of the escalation. */
export function blockDurationMs(step: number): number {
  return BLOCK_DURATIONS_MS[step] ?? QUIET_MS;
}
