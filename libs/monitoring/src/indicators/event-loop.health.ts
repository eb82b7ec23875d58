import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { SECOND_MS } from '#kernel';
import { AppConfig } from '#platform';

// Two windows, the older of which is read: between 10 and 20 seconds are always seen.
const WINDOW_MS = 10 * SECOND_MS;
const RESOLUTION_MS = 10;
const NANOSECONDS_PER_MS = 1e6;

/** How late the event loop runs what is due: the one queue that every request of this process stands in. */
@Injectable()
export class EventLoopHealth implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private timer: NodeJS.Timeout | undefined;
  private lastWindowMs = 0;

  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly config: AppConfig,
  ) {}

  /** 99th percentile of the delay in the last 10 to 20 seconds, in milliseconds. */
  get delayMs(): number {
    return Math.max(this.lastWindowMs, this.currentMs());
  }

  onApplicationBootstrap(): void {
    this.histogram.enable();
    this.timer = setInterval(() => {
      this.lastWindowMs = this.currentMs();
      this.histogram.reset();
    }, WINDOW_MS).unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
    this.histogram.disable();
  }

  check(): HealthIndicatorResult {
    const indicator = this.indicators.check('eventLoop');
    const delayMs = Math.round(this.delayMs);
    return delayMs > this.config.monitoring.eventLoopDelayMs ? indicator.degraded({ delayMs }) : indicator.up({ delayMs });
  }

  private currentMs(): number {
    // The histogram measures the whole interval: its own resolution is no delay.
    return this.histogram.count === 0 ? 0 : Math.max(0, this.histogram.percentile(99) / NANOSECONDS_PER_MS - RESOLUTION_MS);
  }
}
