import { Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { Clock } from '#kernel';
import { AppConfig, Database } from '#platform';

/** One round trip to the database, through the pool that payments use. */
@Injectable()
export class DatabaseHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly database: Database,
    private readonly config: AppConfig,
    private readonly clock: Clock,
  ) {}

  async check(): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check('database');
    const { databaseDegradedMs, databaseDownMs } = this.config.monitoring;
    const startedMs = this.clock.monotonicMs();
    try {
      await withDeadline(this.database.query('select 1'), databaseDownMs);
    } catch {
      return indicator.down(`no answer within ${databaseDownMs} ms`);
    }
    const roundTripMs = Math.round(this.clock.monotonicMs() - startedMs);
    const details = { roundTripMs, pool: this.database.poolUsage() };
    return roundTripMs > databaseDegradedMs ? indicator.degraded(details) : indicator.up(details);
  }
}

function withDeadline<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error('deadline'));
    }, deadlineMs);
  });
  return Promise.race([work, deadline]).finally(() => {
    clearTimeout(timer);
  });
}
