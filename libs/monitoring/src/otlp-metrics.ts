/** Sends the metrics by OTLP, for deployments whose monitoring takes them instead of scraping. */
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { register } from 'prom-client';
import { Clock } from '#kernel';
import { AppConfig, attributesOf, resourceOf, sendOtlp } from '#platform';
import { OperationalGauges } from './operational-gauges.js';

const NANOSECONDS_PER_MS = 1_000_000n;
/** OTLP's AGGREGATION_TEMPORALITY_CUMULATIVE: counts since the start of the process. */
const CUMULATIVE = 2;

interface Series {
  readonly metricName?: string;
  readonly labels: Readonly<Partial<Record<string, string | number>>>;
  readonly value: number;
}

/** The same counters and gauges that Prometheus reads. */
@Injectable()
export class OtlpMetrics implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('OtlpMetrics');
  private timer: NodeJS.Timeout | undefined;
  private startedAt = '0';

  constructor(
    private readonly config: AppConfig,
    private readonly gauges: OperationalGauges,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    const { endpoint, metricIntervalMs } = this.config.telemetry;
    this.startedAt = this.now();
    if (endpoint === null || metricIntervalMs === 0) return;
    this.timer = setInterval(() => void this.send(), metricIntervalMs).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.timer === undefined) return;
    clearInterval(this.timer);
    // The last counts would be lost with the process.
    await this.send();
  }

  /** Sends everything once; it never fails. */
  async send(): Promise<void> {
    try {
      await this.gauges.refresh();
      const metrics = (await register.getMetricsAsJSON()).map(({ name, help, type, values }) => ({
        name,
        description: help,
        ...this.dataOf(String(type), values as readonly Series[]),
      }));
      const scopeMetrics = [{ scope: { name: 'upp' }, metrics }];
      await sendOtlp(this.config.telemetry, 'metrics', {
        resourceMetrics: [{ resource: resourceOf(this.config.telemetry), scopeMetrics }],
      });
    } catch (error) {
      this.logger.warn({ event: 'metrics_not_sent', reason: (error as Error).message });
    }
  }

  private dataOf(type: string, values: readonly Series[]): object {
    const point = (series: Series) => ({ ...this.pointOf(series.labels), asDouble: series.value });
    if (type === 'counter') return { sum: { aggregationTemporality: CUMULATIVE, isMonotonic: true, dataPoints: values.map(point) } };
    if (type === 'histogram') return { histogram: { aggregationTemporality: CUMULATIVE, dataPoints: this.histogramsOf(values) } };
    return { gauge: { dataPoints: values.map(point) } };
  }

  /** Prometheus counts up to each bound, OTLP between two. */
  private histogramsOf(values: readonly Series[]): object[] {
    const groups = new Map<string, Series[]>();
    for (const series of values) {
      const key = JSON.stringify(withoutBound(series.labels));
      groups.set(key, [...(groups.get(key) ?? []), series]);
    }
    return [...groups.values()].map((group) => {
      const buckets = group.filter(({ metricName }) => metricName?.endsWith('_bucket'));
      const explicitBounds = buckets.map(({ labels }) => Number(String(labels['le']).replace('+Inf', 'Infinity'))).filter(Number.isFinite);
      const bucketCounts = buckets.map(({ value }, index) => String(value - (buckets[index - 1]?.value ?? 0)));
      const valueOf = (suffix: string): number => group.find(({ metricName }) => metricName?.endsWith(suffix))?.value ?? 0;
      return {
        ...this.pointOf(withoutBound(group[0]?.labels ?? {})),
        count: String(valueOf('_count')),
        sum: valueOf('_sum'),
        explicitBounds,
        bucketCounts,
      };
    });
  }

  private pointOf(labels: Series['labels']): object {
    return {
      startTimeUnixNano: this.startedAt,
      timeUnixNano: this.now(),
      attributes: attributesOf(labels as Readonly<Record<string, string | number>>),
    };
  }

  private now(): string {
    return String(BigInt(this.clock.now().getTime()) * NANOSECONDS_PER_MS);
  }
}

/** The labels of the histogram that a bucket belongs to. */
function withoutBound(labels: Series['labels']): Series['labels'] {
  return Object.fromEntries(Object.entries(labels).filter(([label]) => label !== 'le'));
}
