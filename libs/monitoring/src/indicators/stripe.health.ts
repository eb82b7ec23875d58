import { Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { Clock, SECOND_MS } from '#kernel';
import { AppConfig } from '#platform';
import { StripeProbe } from '#stripe';

// Looks that did not end in time: the background itself has trouble.
const STALE_AFTER_INTERVALS = 4;

/** What the last background look found and how old it is. Never down: payments then answer for themselves, and restarting us heals nothing. */
@Injectable()
export class StripeHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly probe: StripeProbe,
    private readonly config: AppConfig,
    private readonly clock: Clock,
  ) {}

  check(): HealthIndicatorResult {
    const indicator = this.indicators.check('stripe');
    const { latest } = this.probe;
    if (latest === null) return indicator.up({ probe: 'none yet' });
    const ageMs = this.clock.now().getTime() - latest.at.getTime();
    const details = { probe: latest.outcome, ageSeconds: Math.round(ageMs / SECOND_MS), durationMs: latest.durationMs };
    const intervalMs = this.config.monitoring.stripeProbeIntervalMs;
    const isStale = intervalMs > 0 && ageMs > STALE_AFTER_INTERVALS * intervalMs;
    return latest.outcome !== 'reachable' || isStale ? indicator.degraded(details) : indicator.up(details);
  }
}
