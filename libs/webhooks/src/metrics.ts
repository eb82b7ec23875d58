/** What this library counts, in prom-client's default registry. Labels are closed sets: reasons come from us, never from a request. */
import { Counter } from 'prom-client';

/**
 * Deliveries of Stripe by what came of them:
 *
 * - `stored`: committed to the inbox for the first time. `duplicate`: it was there already
 * - `signature_invalid`, `too_large`: refused. `unavailable`: 503, the queue was full or the database away. `failed`: a fault of ours
 */
export const webhookDeliveriesTotal = new Counter({
  name: 'upp_webhook_deliveries_total',
  help: 'Webhook deliveries of Stripe by what came of them.',
  labelNames: ['outcome'] as const,
});

/** Refused signatures by reason. */
export const webhookSignatureFailuresTotal = new Counter({
  name: 'upp_webhook_signature_failures_total',
  help: 'Webhook deliveries whose signature was refused, by reason.',
  labelNames: ['reason'] as const,
});

/** Deliveries by the position of the secret that signed them: an old secret at rest may be removed. */
export const webhookSignedTotal = new Counter({
  name: 'upp_webhook_signed_total',
  help: 'Webhook deliveries by the position in STRIPE_WEBHOOK_SECRET of the secret that signed them.',
  labelNames: ['secret'] as const,
});

/** Attempts to process a stored event, by outcome. */
export const webhookAttemptsTotal = new Counter({
  name: 'upp_webhook_attempts_total',
  help: 'Attempts to process a stored webhook event, by outcome.',
  labelNames: ['outcome'] as const,
});

/** Merchants' endpoints that were disabled because they are gone or have failed for days. */
export const webhookEndpointsDisabledTotal = new Counter({
  name: 'upp_webhook_endpoints_disabled_total',
  help: "Merchants' webhook endpoints disabled by the dispatcher, by reason.",
  labelNames: ['reason'] as const,
});

/** Events whose bytes have gone because their time was over. */
export const webhookPayloadsEmptiedTotal = new Counter({
  name: 'upp_webhook_payloads_emptied_total',
  help: 'Webhook events whose stored bytes have gone because their time was over.',
});
