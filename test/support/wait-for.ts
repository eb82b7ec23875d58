import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 20;
const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Asks again and again until the answer is neither false, null nor undefined, and returns it.
 *
 * A condition that throws counts as not yet met; what it threw last is told at the deadline.
 *
 * @param condition - Named functions make good messages: their name is what was waited for.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: { readonly timeoutMs?: number } = {},
): Promise<Exclude<T, false | null | undefined>> {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const end = performance.now() + timeoutMs;
  let cause: unknown;
  do {
    try {
      const answer = await condition();
      if (answer !== false && answer !== null && answer !== undefined) return answer as Exclude<T, false | null | undefined>;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await delay(POLL_MS);
  } while (performance.now() < end);
  const last = cause === undefined ? '' : `; at last: ${cause instanceof Error ? cause.message : JSON.stringify(cause)}`;
  throw new Error(`waited ${timeoutMs} ms in vain for ${condition.name || String(condition)}${last}`, { cause });
}
