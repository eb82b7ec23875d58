import { SECOND_MS } from '#kernel';

/** Bounds of a {@link CircuitBreaker}. */
export interface BreakerSettings {
  /** How many of the newest calls count. */
  readonly window: number;
  /** It opens when this share of a full window failed, 0 … 1. */
  readonly failureRatio: number;
  /** How long it stays open before one call may try. */
  readonly openMs: number;
}

/** Half of the last twenty calls without an answer is no accident; ten seconds later one call looks whether it is over. */
export const BREAKER_SETTINGS: BreakerSettings = { window: 20, failureRatio: 0.5, openMs: 10 * SECOND_MS };

/**
 * Keeps calls from a processor that does not answer, so that requests fail at once instead of each after its timeout.
 *
 * closed → (too many failures) → open → (`openMs` later) → one probe → closed, or open again.
 */
export class CircuitBreaker {
  private readonly outcomes: boolean[] = [];
  private openedAtMs: number | null = null;
  private isProbing = false;

  constructor(private readonly settings: BreakerSettings = BREAKER_SETTINGS) {}

  /** Whether a call may be made now; the one that may while it is open is the probe and must be recorded. */
  mayCall(nowMs: number): boolean {
    if (this.openedAtMs === null) return true;
    if (this.isProbing || nowMs - this.openedAtMs < this.settings.openMs) return false;
    this.isProbing = true;
    return true;
  }

  /** Milliseconds until the next probe; 0 while it is closed. */
  retryAfterMs(nowMs: number): number {
    return this.openedAtMs === null ? 0 : Math.max(0, this.openedAtMs + this.settings.openMs - nowMs);
  }

  /** Whether calls are being kept away. */
  get isOpen(): boolean {
    return this.openedAtMs !== null;
  }

  /** Tells what came of a call: `hasAnswered` is true for every answer the processor gave on purpose, refusals included. */
  record(hasAnswered: boolean, nowMs: number): void {
    if (this.openedAtMs !== null) {
      // Stragglers of the time before say nothing new; only the probe's outcome counts.
      if (!this.isProbing) return;
      this.isProbing = false;
      this.outcomes.length = 0;
      this.openedAtMs = hasAnswered ? null : nowMs;
      return;
    }
    this.outcomes.push(hasAnswered);
    if (this.outcomes.length > this.settings.window) this.outcomes.shift();
    const failures = this.outcomes.filter((each) => !each).length;
    if (this.outcomes.length === this.settings.window && failures >= this.settings.window * this.settings.failureRatio)
      this.openedAtMs = nowMs;
  }
}
