/** The only place that reads "now". Everything else injects {@link Clock}, so that tests can move time. */

/** The source of the current instant. An abstract class, so that it is its own injection token. */
export abstract class Clock {
  /** The current instant. */
  abstract now(): Date;

  /** Milliseconds on a clock that never steps back: for durations and deadlines, not for dates. */
  abstract monotonicMs(): number;
}

/** The machine's clock. */
export class SystemClock extends Clock {
  override now(): Date {
    return new Date();
  }

  override monotonicMs(): number {
    return performance.now();
  }
}

/** A clock that stands still until a test moves it. */
export class FixedClock extends Clock {
  constructor(private current: Date) {
    super();
  }

  override now(): Date {
    return new Date(this.current);
  }

  override monotonicMs(): number {
    return this.current.getTime();
  }

  /** Moves the clock forward, or back with a negative number of milliseconds. */
  advance(ms: number): void {
    this.current = new Date(this.current.getTime() + ms);
  }
}

/** Lengths of time in milliseconds, for names that end in `Ms`. */
export const SECOND_MS = 1_000;
/** One minute in milliseconds. */
export const MINUTE_MS = 60 * SECOND_MS;
/** One hour in milliseconds. */
export const HOUR_MS = 60 * MINUTE_MS;
/** One day of 24 hours in milliseconds; calendar days are counted in the merchant's time zone instead. */
export const DAY_MS = 24 * HOUR_MS;
