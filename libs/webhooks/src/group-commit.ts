/** Many small inserts, one commit: the cost of a commit is shared by everything that arrived while the last one ran. */
import { DomainError } from '#kernel';
import { DatabaseUnavailableError } from '#platform';

/** The inbox takes no more now; Stripe sends the event again. */
export class WebhookQueueFullError extends DomainError {
  override readonly name = 'WebhookQueueFullError';

  constructor() {
    super('unavailable', 'webhook_queue_full', 'Too many events wait to be stored; send this one again.', { retryAfterSeconds: 5 });
  }
}

/** Bounds of a {@link GroupCommit}. */
export interface GroupCommitLimits {
  /** Commits that run at once. */
  readonly inFlight: number;
  /** How many items must wait before a commit begins beside another; fewer share the next one. */
  readonly besideItems: number;
  readonly batchItems: number;
  readonly batchBytes: number;
  readonly queuedItems: number;
  readonly queuedBytes: number;
}

/**
 * One commit while few events come, up to four while many do. Larger batches cost PostgreSQL less (25, 27 and 32 µs an event with one, two and four
 * commits at 64 connections; 43–57 and 77 with one and four at 16), but with one alone a busy machine took fewer events: from half a batch on
 * a second commit is worth its own cost. Eight gained nothing.
 */
export const GROUP_COMMIT_LIMITS: GroupCommitLimits = {
  inFlight: 4,
  besideItems: 32,
  batchItems: 64,
  batchBytes: 262_144,
  queuedItems: 4_096,
  queuedBytes: 16_777_216,
};

interface Waiting<Item> {
  readonly item: Item;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Commits items in batches without timers: an item is written at once while fewer than `inFlight` commits run, and whatever arrives
 * meanwhile is the next batch. Batches are as large as the load makes them, and a lone item waits for nobody.
 */
export class GroupCommit<Item> {
  private queue: Waiting<Item>[] = [];
  private queuedBytes = 0;
  private running = 0;
  private isScheduled = false;

  /**
   * @param commit - Writes a batch, all or nothing.
   * @param sizeOf - Bytes of an item.
   */
  constructor(
    private readonly commit: (items: Item[]) => Promise<void>,
    private readonly sizeOf: (item: Item) => number,
    private readonly limits: GroupCommitLimits = GROUP_COMMIT_LIMITS,
  ) {}

  /** Items that wait for their commit to begin. */
  get depth(): number {
    return this.queue.length;
  }

  /**
   * Resolves when the item is committed.
   *
   * @throws WebhookQueueFullError at once when too much waits already.
   */
  add(item: Item): Promise<void> {
    const size = this.sizeOf(item);
    if (this.queue.length >= this.limits.queuedItems || this.queuedBytes + size > this.limits.queuedBytes) {
      return Promise.reject(new WebhookQueueFullError());
    }
    return new Promise((resolve, reject) => {
      this.queue.push({ item, resolve, reject });
      this.queuedBytes += size;
      this.schedule();
    });
  }

  /** After the sockets that are readable now have been read: what they bring shares the batch at no delay. */
  private schedule(): void {
    if (this.isScheduled || !this.mayBegin()) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.flush();
    });
  }

  private flush(): void {
    while (this.mayBegin()) {
      const batch = this.takeBatch();
      this.running++;
      void this.write(batch).finally(() => {
        this.running--;
        this.flush();
      });
    }
  }

  /** A lone item waits for nobody; beside another commit only a batch begins that is worth one of its own. */
  private mayBegin(): boolean {
    if (this.running === 0) return this.queue.length > 0;
    const isWorthIt = this.queue.length >= this.limits.besideItems || this.queuedBytes >= this.limits.batchBytes;
    return isWorthIt && this.running < this.limits.inFlight;
  }

  private takeBatch(): Waiting<Item>[] {
    let count = 0;
    let bytes = 0;
    for (const { item } of this.queue) {
      const size = this.sizeOf(item);
      // The first is taken whatever its size.
      if (count === this.limits.batchItems || (count > 0 && bytes + size > this.limits.batchBytes)) break;
      count++;
      bytes += size;
    }
    this.queuedBytes -= bytes;
    return this.queue.splice(0, count);
  }

  private async write(batch: readonly Waiting<Item>[]): Promise<void> {
    try {
      await this.commit(batch.map((waiting) => waiting.item));
      for (const waiting of batch) waiting.resolve();
    } catch (error) {
      if (batch.length === 1 || error instanceof DatabaseUnavailableError) for (const waiting of batch) waiting.reject(error as Error);
      else await this.writeOneByOne(batch);
    }
  }

  /** One item that the database refuses must not fail its neighbours. */
  private async writeOneByOne(batch: readonly Waiting<Item>[]): Promise<void> {
    for (const waiting of batch) {
      await this.commit([waiting.item]).then(waiting.resolve, waiting.reject);
    }
  }
}
