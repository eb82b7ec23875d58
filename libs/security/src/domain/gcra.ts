/** The counting of a rate limit: the generic cell rate algorithm, which needs one number per key and has no window to straddle. */

/** How much, per how long. */
export interface Quota {
  /** Requests that may come at once after a rest; also what comes back over one window. */
  readonly limit: number;
  readonly windowMs: number;
}

/** What became of one request. Times are milliseconds from now. */
export interface QuotaDecision {
  readonly isAllowed: boolean;
  /** Requests that would be let through right after this one. */
  readonly remaining: number;
  /** Until the whole limit is there again. */
  readonly resetMs: number;
  /** Until one request would be let through; 0 while some remain. */
  readonly retryAfterMs: number;
}

/**
 * Decides one request.
 *
 * The one number kept per key is the arrival time: the moment at which the key would be at rest again. Each request let through moves it on by
 * `window / limit`; it may be at most one window ahead of now. So `limit` requests may come at once, then one every `window / limit`, and no
 * moment exists at which a counter starts anew.
 *
 * @param arrivalMs - The key's number; any time in the past for a key at rest.
 * @returns The decision, and the number to keep.
 */
export function takeFromQuota(arrivalMs: number, nowMs: number, quota: Quota): { decision: QuotaDecision; arrivalMs: number } {
  const start = Math.max(arrivalMs, nowMs);
  const next = start + intervalOf(quota);
  const isAllowed = next <= nowMs + quota.windowMs + ROUNDING_MS;
  const kept = isAllowed ? next : start;
  return { arrivalMs: kept, decision: { isAllowed, ...outlook(kept - nowMs, quota) } };
}

/**
 * What a key at a distance of `resetMs` from rest may still do.
 *
 * @param resetMs - 0 for a key at rest, at most about one window.
 */
export function outlook(resetMs: number, quota: Quota): Pick<QuotaDecision, 'remaining' | 'resetMs' | 'retryAfterMs'> {
  const interval = intervalOf(quota);
  const remaining = Math.max(0, Math.floor((quota.windowMs + ROUNDING_MS - resetMs) / interval));
  const retryAfterMs = remaining > 0 ? 0 : Math.max(0, resetMs + interval - quota.windowMs);
  return { remaining, resetMs: Math.max(0, resetMs), retryAfterMs };
}

// Window / limit is rarely a whole number; without this the last request of a burst would fall to a rounding error.
const ROUNDING_MS = 1e-3;

function intervalOf({ limit, windowMs }: Quota): number {
  return windowMs / limit;
}
