/** Looks at Stripe now and then, so that health can speak of it without asking. */
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type Stripe from 'stripe';
import { Clock } from '#kernel';
import { AppConfig } from '#platform';
import { StripeCalls } from './stripe-calls.js';
import { stripeClient } from './stripe-client.js';
import { stripeUp } from './metrics.js';

/** What the last look found. */
export interface StripeProbeResult {
  /**
   * - `reachable`: Stripe answered
   * - `key_refused`: it answered that the key is not valid
   * - `unreachable`: it failed, or did not answer in time
   */
  readonly outcome: 'reachable' | 'key_refused' | 'unreachable';
  readonly durationMs: number;
  readonly at: Date;
}

/** Reads the balance every HEALTH_STRIPE_PROBE_INTERVAL_MS, in the background: a slow Stripe never makes a health check slow. */
@Injectable()
export class StripeProbe implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('StripeProbe');
  private readonly stripe: Stripe;
  private timer: NodeJS.Timeout | undefined;
  private isRunning = false;
  private last: StripeProbeResult | null = null;

  constructor(
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly calls: StripeCalls,
  ) {
    this.stripe = stripeClient(config);
  }

  /** The last look; null before the first has ended, or when there are none. */
  get latest(): StripeProbeResult | null {
    return this.last;
  }

  onApplicationBootstrap(): void {
    const { stripeProbeIntervalMs } = this.config.monitoring;
    if (stripeProbeIntervalMs === 0) return;
    this.timer = setInterval(() => void this.look(), stripeProbeIntervalMs).unref();
    void this.look();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** One look. It never fails: what is wrong is the result. */
  async look(): Promise<void> {
    if (this.isRunning) return;
    this.isRunning = true;
    try {
      const answer = await this.calls.make({
        endpoint: 'balance.retrieve',
        send: (options) => this.stripe.balance.retrieve({}, options),
        translate: () => null,
      });
      this.note(outcomeOf(answer.outcome, answer.call.httpStatus), answer.call.durationMs);
    } catch (error) {
      this.logger.error({ event: 'stripe_probe_failed', error });
      this.note('unreachable', 0);
    } finally {
      this.isRunning = false;
    }
  }

  private note(outcome: StripeProbeResult['outcome'], durationMs: number): void {
    if (outcome !== (this.last?.outcome ?? 'reachable')) this.logger.warn({ event: 'stripe_probe_changed', outcome, durationMs });
    this.last = { outcome, durationMs, at: this.clock.now() };
    stripeUp.set(outcome === 'reachable' ? 1 : 0);
  }
}

function outcomeOf(outcome: string, httpStatus: number | null): StripeProbeResult['outcome'] {
  if (httpStatus === 401) return 'key_refused';
  // A restricted key may not read the balance: 403 is an answer, and so is a rate limit.
  return outcome === 'unknown' || httpStatus === null ? 'unreachable' : 'reachable';
}
