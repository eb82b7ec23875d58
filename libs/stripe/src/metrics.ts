/** What this library counts, in prom-client's default registry. Labels are closed sets. */
import { Counter, Gauge, Histogram } from 'prom-client';

/** The calls this product makes, by resource and verb; nothing that Stripe or a client sends. */
export type StripeEndpoint =
  | 'balance.retrieve'
  | 'disputes.close'
  | 'customers.create'
  | 'disputes.retrieve'
  | 'disputes.stage'
  | 'disputes.submit'
  | 'early_fraud_warnings.retrieve'
  | 'payment_intents.cancel'
  | 'payment_intents.capture'
  | 'payment_intents.confirm'
  | 'payment_intents.create'
  | 'payment_intents.increment'
  | 'payment_intents.list'
  | 'payment_intents.retrieve'
  | 'payment_intents.update'
  | 'payment_methods.detach'
  | 'payment_methods.retrieve'
  | 'refunds.create'
  | 'refunds.list'
  | 'refunds.retrieve'
  | 'reviews.approve'
  | 'reviews.retrieve'
  | 'setup_intents.cancel'
  | 'setup_intents.confirm'
  | 'setup_intents.create'
  | 'setup_intents.retrieve'
  | 'events.list'
  | 'balance_transactions.list';

/** Calls by what came of them, each counted once however often it was sent. */
export const stripeRequestsTotal = new Counter({
  name: 'upp_stripe_requests_total',
  help: 'Calls to Stripe by endpoint and by what came of them.',
  labelNames: ['endpoint', 'outcome'] as const,
});

/** How long a call took, its repetitions included. */
export const stripeRequestDurationSeconds = new Histogram({
  name: 'upp_stripe_request_duration_seconds',
  help: 'Time that a call to Stripe took, repetitions included.',
  labelNames: ['endpoint'] as const,
  buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
});

/** The answer of the last background look. */
export const stripeUp = new Gauge({
  name: 'upp_stripe_up',
  help: 'Whether the last background look reached Stripe: 1 or 0.',
});
