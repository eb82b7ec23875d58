/** Counts shared by all replicas, in `rate_limit_tracking` and `rate_limit_blocks`. */
import { type Clock, MINUTE_MS } from '#kernel';
import type { Database } from '#platform';
import { outlook, type Quota } from '../domain/gcra.js';
import { blockDurationMs, nextBlock } from '../domain/rate-limit-block.js';
import { refusedFor } from './memory.storage.js';
import { NOT_BLOCKED, RateLimitStorage, type Take, type TakeResult } from './rate-limit-storage.js';

/** Requests for one key that wait for the same statement. */
interface Waiting {
  readonly quota: Quota;
  readonly takers: { resolve(result: TakeResult): void; reject(error: unknown): void }[];
}

interface CountedRow {
  readonly key: string;
  /** How many of the takers are let through. */
  readonly granted: number;
  readonly resetMs: number;
  readonly blockedForMs: number;
}

// Keys in one statement at most; what is more goes into the next.
const MAX_BATCH = 500;
const SWEEP_EVERY_MS = MINUTE_MS;

/**
 * All requests that arrive while a statement runs are counted by the next one, so that a busy process pays a fraction of a statement for each and
 * an idle one no delay. Every request is counted by the database: the limit is exact over any number of replicas.
 *
 * The tracking table is unlogged: it makes no commit wait for the disk, and a crash of the server only forgets counts. Blocks are kept in a logged one.
 */
export class PostgresRateLimitStorage extends RateLimitStorage {
  override readonly backend = 'postgres';
  private waiting = new Map<string, Waiting>();
  private isRunning = false;

  private sweepAtMs = 0;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {
    super();
  }

  override take({ key, quota }: Take): Promise<TakeResult> {
    this.sweepNowAndThen();
    return new Promise((resolve, reject) => {
      const entry = this.waiting.get(key);
      // A key has one quota at a time; should two policies of one bucket meet in a batch, the first one's counts both.
      if (entry === undefined) this.waiting.set(key, { quota, takers: [{ resolve, reject }] });
      else entry.takers.push({ resolve, reject });
      if (!this.isRunning) void this.run();
    });
  }

  override block(key: string, firstStep: number): Promise<number> {
    return this.database.transaction(async (transaction) => {
      const isNew = await transaction.query(
        `insert into rate_limit_blocks (key, step, blocked_until) values ($1, $2, now() + $3 * interval '1 ms') on conflict do nothing returning key`,
        [key, firstStep, blockDurationMs(firstStep)],
      );
      if (isNew.length > 0) return blockDurationMs(firstStep);
      const [last] = await transaction.query<{ step: number; remainingMs: number }>(
        `select step, (extract(epoch from blocked_until - now()) * 1000)::float8 as "remainingMs" from rate_limit_blocks where key = $1 for update`,
        [key],
      );
      const next = nextBlock(last ?? null, firstStep);
      await transaction.query(`update rate_limit_blocks set step = $2, blocked_until = now() + $3 * interval '1 ms' where key = $1`, [
        key,
        next.step,
        next.durationMs,
      ]);
      return next.durationMs;
    });
  }

  override async forget(key: string): Promise<void> {
    await this.database.query('delete from rate_limit_tracking where key = $1', [key]);
  }

  /** Removes keys at rest and blocks that nobody will remember; safe to run in every replica at once. */
  async sweep(): Promise<void> {
    await this.database.query(
      `delete from rate_limit_tracking where key in
         (select key from rate_limit_tracking where expires_at < now() order by key limit 10000 for update skip locked)`,
    );
    await this.database.query(`delete from rate_limit_blocks where blocked_until < now() - interval '30 days'`);
  }

  private sweepNowAndThen(): void {
    const nowMs = this.clock.monotonicMs();
    if (nowMs < this.sweepAtMs) return;
    this.sweepAtMs = nowMs + SWEEP_EVERY_MS;
    // What fails now is done by the next one, here or in another replica.
    this.sweep().catch(() => undefined);
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    // Requests of the same turn of the event loop share the first statement too.
    await Promise.resolve();
    while (this.waiting.size > 0) {
      const batch = this.nextBatch();
      try {
        const rows = await this.count(batch);
        for (const [key, { quota, takers }] of batch) settle(takers, quota, rows.get(key));
      } catch (error) {
        for (const { takers } of batch.values()) for (const taker of takers) taker.reject(error);
      }
    }
    this.isRunning = false;
  }

  private nextBatch(): Map<string, Waiting> {
    if (this.waiting.size <= MAX_BATCH) {
      const batch = this.waiting;
      this.waiting = new Map();
      return batch;
    }
    const batch = new Map([...this.waiting].slice(0, MAX_BATCH));
    for (const key of batch.keys()) this.waiting.delete(key);
    return batch;
  }

  /**
   * One statement for all keys, in the order of the keys so that two replicas cannot wait for each other in a circle.
   *
   * In the conflict clause `excluded` carries the question: `granted` the number of takers, `interval_us` the part of the window that each costs,
   * `window_us` the window. The clock is the database's alone.
   */
  private async count(batch: ReadonlyMap<string, Waiting>): Promise<Map<string, CountedRow>> {
    const keys = [...batch.keys()];
    const entries = [...batch.values()];
    const rows = await this.database.query<CountedRow & Record<string, unknown>>(COUNT_SQL, [
      keys,
      entries.map(({ takers, quota }) => Math.min(takers.length, quota.limit)),
      entries.map(({ quota }) => (quota.windowMs * 1_000) / quota.limit),
      entries.map(({ quota }) => quota.windowMs * 1_000),
    ]);
    return new Map(rows.map((row) => [row.key, row]));
  }
}

const COUNT_SQL = `
  with asked as (
    select a.key, a.hits, a.interval_us, a.window_us, (extract(epoch from b.blocked_until - now()) * 1000)::float8 as blocked_for_ms
      from unnest($1::text[], $2::int[], $3::float8[], $4::float8[]) as a (key, hits, interval_us, window_us)
      left join rate_limit_blocks b on b.key = a.key and b.blocked_until > now()
  ), counted as (
    insert into rate_limit_tracking as t (key, arrival_us, granted, interval_us, window_us, expires_at)
    select key, rate_limit_now_us() + hits * interval_us, hits, interval_us, window_us, now() + window_us * interval '1 microsecond'
      from asked where blocked_for_ms is null order by key
    on conflict (key) do update set
      granted = rate_limit_grant(t.arrival_us, excluded.granted, excluded.interval_us, excluded.window_us),
      arrival_us = greatest(t.arrival_us, rate_limit_now_us())
        + excluded.interval_us * rate_limit_grant(t.arrival_us, excluded.granted, excluded.interval_us, excluded.window_us),
      interval_us = excluded.interval_us, window_us = excluded.window_us, expires_at = excluded.expires_at
    returning key, granted, arrival_us
  )
  select a.key, coalesce(c.granted, 0) as granted, coalesce((c.arrival_us - rate_limit_now_us()) / 1000, 0) as "resetMs",
         coalesce(a.blocked_for_ms, 0) as "blockedForMs"
    from asked a left join counted c on c.key = a.key`;

/** The first takers are let through; each sees what remained after itself. */
function settle(takers: Waiting['takers'], quota: Quota, row: CountedRow | undefined): void {
  takers.forEach((taker, index) => {
    if (row === undefined) taker.reject(new Error('a rate limit was not counted'));
    else if (row.blockedForMs > 0) taker.resolve(refusedFor(row.blockedForMs, quota));
    else {
      const isAllowed = index < row.granted;
      const later = isAllowed ? row.granted - 1 - index : 0;
      const resetMs = row.resetMs - (later * quota.windowMs) / quota.limit;
      taker.resolve({ isAllowed, ...outlook(resetMs, quota), blockedForMs: NOT_BLOCKED });
    }
  });
}
