import Stripe from 'stripe';
import { type AppConfig } from '#platform';

/**
 * The official SDK, pointed at Stripe or at the sandbox.
 *
 * Retries are ours (`stripe-calls.ts`): the SDK's own would hide from us how often a call that moves money was sent.
 */
export function stripeClient(config: AppConfig): Stripe {
  const base = config.stripe.apiBase === null ? null : new URL(config.stripe.apiBase);
  return new Stripe(config.stripe.secretKey, {
    maxNetworkRetries: 0,
    telemetry: false,
    ...(base
      ? {
          host: base.hostname,
          port: base.port || (base.protocol === 'https:' ? 443 : 80),
          protocol: base.protocol === 'https:' ? 'https' : 'http',
        }
      : {}),
  });
}
