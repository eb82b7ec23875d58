import { Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { Clock, SECOND_MS } from '#kernel';
import { Database } from '#platform';

/** A round trip that takes longer is degraded; one that takes longer than {@link DOWN_AFTER_MS} is down. */
const DEGRADED_AFTER_MS = SECOND_MS;
const DOWN_AFTER_MS = 2 * SECOND_MS;

/** One round trip to the database, through the pool that payments use. */
@Injectable()
export class DatabaseHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async check(): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check('database');
    const startedMs = this.clock.monotonicMs();
    try {
      await withDeadline(this.database.query('select 1'));
    } catch {
      return indicator.down('no answer within 2 s');
    }
    const roundTripMs = Math.round(this.clock.monotonicMs() - startedMs);
    const details = { roundTripMs, pool: this.database.poolUsage() };
    return roundTripMs > DEGRADED_AFTER_MS ? indicator.degraded(details) : indicator.up(details);
  }
}

function withDeadline<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error('deadline'));
    }, DOWN_AFTER_MS);
  });
  return Promise.race([work, deadline]).finally(() => {
    clearTimeout(timer);
  });
}
