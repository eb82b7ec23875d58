import type { Clock } from '#kernel';
import { BoundedMap } from './bounded-map.js';

/**
 * Remembers answers for a few seconds, at most so many of them.
 *
 * The time to live is the bound on how long another replica may go on after a revocation; in this process `forget` acts at once.
 */
export class ShortCache<Value> {
  private readonly entries: BoundedMap<{ readonly value: Value; readonly untilMs: number }>;

  constructor(
    private readonly clock: Clock,
    private readonly limits: { readonly ttlMs: number; readonly maxEntries: number },
  ) {
    this.entries = new BoundedMap(limits.maxEntries);
  }

  /** The remembered value, or undefined when there is none that is fresh. */
  get(key: string): Value | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.untilMs > this.clock.monotonicMs()) return entry.value;
    this.entries.delete(key);
    return undefined;
  }

  /** Remembers a value from now on. */
  set(key: string, value: Value): void {
    this.entries.set(key, { value, untilMs: this.clock.monotonicMs() + this.limits.ttlMs });
  }

  /** Forgets every value that `matches`. */
  forget(matches: (value: Value) => boolean): void {
    this.entries.deleteWhere(({ value }) => matches(value));
  }
}
