/** How long Stripe takes: not at all, always the same, or log-normally with a long tail. */
import { SeededRandom } from './ids.js';

/** `{ p50Ms: 80, p99Ms: 80 }` is always 80 ms. */
export interface LatencyProfile {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** The standard normal's 99th percentile. */
const Z_99 = 2.326_348;

/** Requests whose waits are remembered. */
const REMEMBERED = 50_000;

/** Draws waits, by seed. */
export class Latency {
  profile: LatencyProfile | null;
  private readonly random: SeededRandom;
  private readonly drawn = new Map<string, number>();

  constructor(profile: LatencyProfile | null, seed: number) {
    this.profile = profile;
    this.random = new SeededRandom(seed ^ 0x1a7e);
  }

  /** Milliseconds that the request `id` is to take, remembered so that a measurement can leave them out; 0 when there is no profile. */
  drawFor(id: string): number {
    const ms = this.nextMs();
    if (ms === 0) return 0;
    this.drawn.set(id, ms);
    const [oldest] = this.drawn.keys();
    if (this.drawn.size > REMEMBERED && oldest !== undefined) this.drawn.delete(oldest);
    return ms;
  }

  /** What the newest requests were to take, by their ids. */
  get remembered(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.drawn);
  }

  /** Milliseconds of real time for the next request; 0 when there is no profile. */
  nextMs(): number {
    if (!this.profile) return 0;
    const { p50Ms, p99Ms } = this.profile;
    if (p99Ms <= p50Ms) return p50Ms;
    // Box–Muller: two even numbers make one normal.
    const radius = Math.sqrt(-2 * Math.log(1 - this.random.fraction()));
    const normal = radius * Math.cos(2 * Math.PI * this.random.fraction());
    return p50Ms * Math.exp((Math.log(p99Ms / p50Ms) / Z_99) * normal);
  }
}

/** `off`, `80` (always 80 ms) or `80:400` (median and 99th percentile). @returns undefined for anything else. */
export function parseLatency(text: string): LatencyProfile | null | undefined {
  if (text === 'off') return null;
  const match = /^(\d{1,6})(?::(\d{1,6}))?$/.exec(text);
  if (!match) return undefined;
  return { p50Ms: Number(match[1]), p99Ms: Number(match[2] ?? match[1]) };
}
