/** What this process says of itself and of everything it depends on. */
import { Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthCheckService } from '@nestjs/terminus';
import { Clock, SECOND_MS } from '#kernel';
import { Draining } from '#platform';

/** One thing that readiness depends on. */
export interface HealthCheck {
  check(): HealthIndicatorResult | Promise<HealthIndicatorResult>;
}

/** The checks of this process, in the order of the report. */
export class HealthChecks {
  constructor(readonly all: readonly HealthCheck[]) {}
}

/** The report: `degraded` serves, `error` and `shutting_down` do not want requests. */
export interface Health {
  readonly status: 'ok' | 'degraded' | 'error' | 'shutting_down';
  readonly isReady: boolean;
  readonly details: HealthIndicatorResult;
}

// However often it is asked, and anybody may ask, the dependencies are looked at once a second.
const REUSED_MS = SECOND_MS;

/** Runs the checks. */
@Injectable()
export class HealthReport {
  private last: { readonly details: Promise<Omit<Health, 'isReady'>>; readonly atMs: number } | null = null;

  constructor(
    private readonly service: HealthCheckService,
    private readonly checks: HealthChecks,
    private readonly draining: Draining,
    private readonly clock: Clock,
  ) {}

  /** The health of this process, at most a second old; whether it drains is always of now. */
  async read(): Promise<Health> {
    const nowMs = this.clock.monotonicMs();
    if (this.last === null || nowMs - this.last.atMs >= REUSED_MS) this.last = { details: this.run(), atMs: nowMs };
    const { status, details } = await this.last.details;
    if (this.draining.isDraining) return { status: 'shutting_down', isReady: false, details };
    return { status, isReady: status === 'ok' || status === 'degraded', details };
  }

  private async run(): Promise<Omit<Health, 'isReady'>> {
    try {
      return await this.service.check(this.checks.all.map((each) => () => each.check()));
    } catch (error) {
      // Terminus throws its result when something is down.
      return (error as { getResponse(): Omit<Health, 'isReady'> }).getResponse();
    }
  }
}
