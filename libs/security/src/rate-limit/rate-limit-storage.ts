/** Where the counts of rate limits are kept. */
import type { ThrottlerStorage } from '@nestjs/throttler';
import type { Quota, QuotaDecision } from '../domain/gcra.js';

/** The answer of @nestjs/throttler's storages, in seconds. */
export type ThrottlerRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** One request to be counted. */
export interface Take {
  readonly key: string;
  readonly quota: Quota;
}

/** A decision; `blockedForMs` when the key is blocked, whatever its quota says. */
export interface TakeResult extends QuotaDecision {
  readonly blockedForMs: number;
  /** Refused because the shared counts could not be asked: the sender broke no limit that is known. */
  readonly isPrecaution?: true;
}

/** Keeps counts and temporary blocks. It serves @nestjs/throttler as it is: `increment` is its contract. */
export abstract class RateLimitStorage implements ThrottlerStorage {
  /** For metrics. */
  abstract readonly backend: 'memory' | 'postgres' | 'redis';

  /** Counts one request. */
  abstract take(request: Take): Promise<TakeResult>;

  /**
   * Blocks a key after a breach, longer each time; while a block lasts, a further call changes nothing.
   *
   * @param firstStep - Index into BLOCK_DURATIONS_MS of a first breach.
   * @returns Milliseconds until the block ends.
   */
  abstract block(key: string, firstStep: number): Promise<number>;

  /** Whether the storage answered when it was last asked; without it each replica counts for itself. */
  get isAvailable(): boolean {
    return true;
  }

  /** Forgets the count of a key, after a success that makes it pointless. */
  abstract forget(key: string): Promise<void>;

  /** Begins connections of its own. */
  onModuleInit(): Promise<void> {
    return Promise.resolve();
  }

  /** Ends connections of its own. */
  onApplicationShutdown(): void {
    return;
  }

  /** @nestjs/throttler's contract. Blocks are this product's own matter, so `blockDuration` is not read. */
  async increment(key: string, ttl: number, limit: number): Promise<ThrottlerRecord> {
    return throttlerRecord(await this.take({ key, quota: { limit, windowMs: ttl } }), limit);
  }
}

/** A key at rest that is not blocked has no time to tell. */
export const NOT_BLOCKED = 0;

function throttlerRecord(result: TakeResult, limit: number): ThrottlerRecord {
  return {
    totalHits: result.isAllowed ? limit - result.remaining : limit + 1,
    timeToExpire: Math.ceil(result.resetMs / 1_000),
    isBlocked: !result.isAllowed,
    timeToBlockExpire: result.isAllowed ? 0 : Math.ceil(Math.max(result.retryAfterMs, result.blockedForMs) / 1_000),
  };
}
