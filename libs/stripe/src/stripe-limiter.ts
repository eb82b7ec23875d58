/** How many calls go to Stripe at once and in a second, and which go first. */
import type { Clock } from '#kernel';
import type { StripeEndpoint } from './metrics.js';

/** Lanes in the order in which waiting calls are served: money that a payer waits for, its preparation, everything else. */
export const LANES = ['money', 'prepare', 'look'] as const;
/** One of {@link LANES}. */
export type Lane = (typeof LANES)[number];

/** Which lane each call takes. */
export const LANES_BY_ENDPOINT: Readonly<Record<StripeEndpoint, Lane>> = {
  'payment_intents.confirm': 'money',
  'payment_intents.capture': 'money',
  'payment_intents.increment': 'money',
  'payment_intents.cancel': 'money',
  'refunds.create': 'money',
  'payment_intents.create': 'prepare',
  'payment_intents.update': 'prepare',
  'customers.create': 'prepare',
  'setup_intents.create': 'prepare',
  'setup_intents.confirm': 'prepare',
  'setup_intents.cancel': 'look',
  'setup_intents.retrieve': 'look',
  'payment_methods.detach': 'look',
  'payment_methods.retrieve': 'look',
  'payment_intents.retrieve': 'look',
  'payment_intents.list': 'look',
  'refunds.list': 'look',
  'refunds.retrieve': 'look',
  'disputes.close': 'prepare',
  'disputes.retrieve': 'look',
  'disputes.stage': 'prepare',
  'disputes.submit': 'prepare',
  'early_fraud_warnings.retrieve': 'look',
  'reviews.approve': 'look',
  'reviews.retrieve': 'look',
  'balance.retrieve': 'look',
  'events.list': 'look',
  'balance_transactions.list': 'look',
};

/** Bounds of a {@link StripeLimiter}. */
export interface LimiterSettings {
  /** Stripe answers 429 above 100 in live and 25 in test mode. */
  readonly callsPerSecond: number;
  readonly concurrentCalls: number;
}

interface Waiting {
  readonly deadlineMs: number;
  readonly start: (mayCall: boolean) => void;
}

// Behind this many waiting calls nobody's turn comes within its deadline.
const MAX_WAITING = 1_000;
const SECOND_MS = 1_000;

/** A token bucket and a concurrency limit over one Stripe account. It exists once per process: replicas share the account's limit by setting. */
export class StripeLimiter {
  private readonly waiting: Readonly<Record<Lane, Waiting[]>> = { money: [], prepare: [], look: [] };
  private tokens: number;
  private refilledAtMs: number;
  private running = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly settings: LimiterSettings,
    private readonly clock: Clock,
  ) {
    this.tokens = settings.callsPerSecond;
    this.refilledAtMs = clock.monotonicMs();
  }

  /** Calls that wait for their turn. */
  get waitingCount(): number {
    return LANES.reduce((sum, lane) => sum + this.waiting[lane].length, 0);
  }

  /**
   * Waits for a turn.
   *
   * @param deadlineMs - On the clock's monotonic scale.
   * @returns Whether the call may be made; then `release` must follow it. false when the deadline came first or too many wait.
   */
  acquire(lane: Lane, deadlineMs: number): Promise<boolean> {
    this.refill();
    if (this.waitingCount === 0 && this.hasRoom()) {
      this.take();
      return Promise.resolve(true);
    }
    if (this.waitingCount >= MAX_WAITING) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.waiting[lane].push({ deadlineMs, start: resolve });
      this.schedule();
    });
  }

  /** Ends a call that was allowed. */
  release(): void {
    this.running--;
    this.serve();
  }

  private serve(): void {
    this.refill();
    const nowMs = this.clock.monotonicMs();
    for (const lane of LANES) {
      const queue = this.waiting[lane];
      for (let first = queue[0]; first !== undefined; first = queue[0]) {
        const isLate = nowMs >= first.deadlineMs;
        if (!isLate && !this.hasRoom()) break;
        queue.shift();
        if (!isLate) this.take();
        first.start(!isLate);
      }
    }
    this.schedule();
  }

  /** Wakes up when the next token is there, or the first deadline has passed. */
  private schedule(): void {
    if (this.timer !== undefined || this.waitingCount === 0) return;
    this.timer = setTimeout(
      () => {
        this.timer = undefined;
        this.serve();
      },
      Math.max(5, SECOND_MS / this.settings.callsPerSecond),
    );
    this.timer.unref();
  }

  private hasRoom(): boolean {
    return this.tokens >= 1 && this.running < this.settings.concurrentCalls;
  }

  private take(): void {
    this.tokens--;
    this.running++;
  }

  private refill(): void {
    const nowMs = this.clock.monotonicMs();
    const earned = ((nowMs - this.refilledAtMs) / SECOND_MS) * this.settings.callsPerSecond;
    this.tokens = Math.min(this.settings.callsPerSecond, this.tokens + earned);
    this.refilledAtMs = nowMs;
  }
}
