/** Requests of the last minutes, from counters that only grow. */
import { register } from 'prom-client';
import type { RequestFigures } from './alert-rules.js';

interface Sample {
  readonly atMs: number;
  readonly requests: number;
  readonly failed: number;
  /** Requests up to each bucket's bound, by bound in seconds. */
  readonly buckets: ReadonlyMap<number, number>;
}

interface Series {
  readonly metricName?: string;
  readonly labels: Readonly<Partial<Record<string, string | number>>>;
  readonly value: number;
}

const MS_PER_SECOND = 1_000;

/** Keeps samples over a window and tells the difference between its ends. */
export class RequestWindow {
  private samples: Sample[] = [];

  constructor(private readonly windowMs: number) {}

  /** Takes a sample and returns what has happened since the oldest one within the window. */
  async read(nowMs: number): Promise<RequestFigures> {
    const now = await sample(nowMs);
    const [oldest = now] = this.samples;
    this.samples = [...this.samples.filter(({ atMs }) => nowMs - atMs < this.windowMs), now];
    const requests = now.requests - oldest.requests;
    return { requests, failed: now.failed - oldest.failed, p99Ms: p99Ms(oldest, now, requests) };
  }
}

function p99Ms(from: Sample, to: Sample, requests: number): number {
  const bounds = [...to.buckets.keys()].sort((a, b) => a - b);
  const bound = bounds.find((each) => (to.buckets.get(each) ?? 0) - (from.buckets.get(each) ?? 0) >= 0.99 * requests);
  // Beyond the last bucket: all that is known is that it took longer than that.
  return (bound ?? bounds.at(-1) ?? 0) * MS_PER_SECOND;
}

async function sample(atMs: number): Promise<Sample> {
  const series = ((await register.getSingleMetric('upp_http_request_duration_seconds')?.get())?.values ?? []) as readonly Series[];
  const counts = series.filter(({ metricName }) => metricName?.endsWith('_count'));
  const buckets = new Map<number, number>();
  for (const { labels, value } of series) {
    const bound = Number(labels['le']);
    if (Number.isFinite(bound)) buckets.set(bound, (buckets.get(bound) ?? 0) + value);
  }
  const total = (some: readonly Series[]): number => some.reduce((sum, { value }) => sum + value, 0);
  return { atMs, requests: total(counts), failed: total(counts.filter(({ labels }) => labels['status'] === '5xx')), buckets };
}
