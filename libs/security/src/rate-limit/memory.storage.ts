/** Counts in this process: the whole truth for a single one, the last known truth beside a shared storage. */
import type { Clock } from '#kernel';
import { BoundedMap } from '../bounded-map.js';
import { type Quota, takeFromQuota } from '../domain/gcra.js';
import { nextBlock } from '../domain/rate-limit-block.js';
import { NOT_BLOCKED, RateLimitStorage, type Take, type TakeResult } from './rate-limit-storage.js';

interface Block {
  readonly step: number;
  readonly untilMs: number;
}

// 100 000 keys are about 12 MB. Beyond, the keys that were counted longest ago go first: they are the nearest to rest.
const MAX_KEYS = 100_000;
const MAX_BLOCKS = 10_000;

/** Bounded maps of arrival times and blocks, on the monotonic clock: a step of the calendar clock changes nothing. */
export class MemoryRateLimitStorage extends RateLimitStorage {
  override readonly backend = 'memory';
  private readonly arrivals = new BoundedMap<number>(MAX_KEYS);
  private readonly blocks = new BoundedMap<Block>(MAX_BLOCKS);

  constructor(private readonly clock: Clock) {
    super();
  }

  override take(request: Take): Promise<TakeResult> {
    return Promise.resolve(this.takeNow(request));
  }

  /** {@link take} without a promise. */
  takeNow({ key, quota }: Take): TakeResult {
    const nowMs = this.clock.monotonicMs();
    const block = this.blocks.get(key);
    if (block !== undefined && block.untilMs > nowMs) return refusedFor(block.untilMs - nowMs, quota);
    const { decision, arrivalMs } = takeFromQuota(this.arrivals.get(key) ?? 0, nowMs, quota);
    this.arrivals.set(key, arrivalMs);
    return { ...decision, blockedForMs: NOT_BLOCKED };
  }

  override block(key: string, firstStep: number): Promise<number> {
    const nowMs = this.clock.monotonicMs();
    const last = this.blocks.get(key);
    const next = nextBlock(last === undefined ? null : { step: last.step, remainingMs: last.untilMs - nowMs }, firstStep);
    this.blocks.set(key, { step: next.step, untilMs: nowMs + next.durationMs });
    return Promise.resolve(next.durationMs);
  }

  override forget(key: string): Promise<void> {
    this.arrivals.delete(key);
    return Promise.resolve();
  }

  /**
   * Takes over what the shared storage knows of a key.
   *
   * After a refusal its word replaces ours, for ours counted a request that was not let through. After a success the later time holds: a shared
   * storage that lost its memory must not make this process lose its own.
   */
  learn(key: string, result: TakeResult): void {
    const nowMs = this.clock.monotonicMs();
    const theirs = nowMs + result.resetMs;
    this.arrivals.set(key, result.isAllowed ? Math.max(theirs, this.arrivals.get(key) ?? 0) : theirs);
    if (result.blockedForMs > 0) this.blocks.set(key, { step: 0, untilMs: nowMs + result.blockedForMs });
  }
}

/** What a blocked key gets, however long its quota would say. */
export function refusedFor(blockedForMs: number, { windowMs }: Quota): TakeResult {
  return { isAllowed: false, remaining: 0, resetMs: windowMs, retryAfterMs: blockedForMs, blockedForMs };
}
