/** What this library counts, in prom-client's default registry: once for each committed change. Labels are closed sets. */
import { Counter } from 'prom-client';
import type { Payment } from './payment.js';

const OF_PAYMENT = ['business_type', 'device_type', 'currency'] as const;

/** Payments by each status that they reach; a payment counts once for each. */
export const paymentsTotal = new Counter({
  name: 'upp_payments_total',
  help: 'Payments that reached a status. "created" is every payment, whatever became of it.',
  labelNames: ['status', ...OF_PAYMENT] as const,
});

/** Money by what happened to it. Minor units: never add up two currencies. */
export const paymentAmountMinorTotal = new Counter({
  name: 'upp_payment_amount_minor_total',
  help: 'Money received, refunded and disputed, in minor units of the currency.',
  labelNames: ['kind', ...OF_PAYMENT] as const,
});

/** Payments whose outcome became unknown, and those whose outcome became known again. */
export const paymentOutcomesTotal = new Counter({
  name: 'upp_payment_outcome_certainty_total',
  help: 'Payments whose outcome became unknown, or known again after that.',
  labelNames: ['certainty'] as const,
});

/** What happens to subscriptions, by the words of their timeline. */
export const subscriptionEventsTotal = new Counter({
  name: 'upp_subscription_events_total',
  help: 'Events of subscriptions: created, activated, renewed, past_due, action_required, canceled and so on.',
  labelNames: ['type'] as const,
});

// A label for each of the world's currencies would be a series for each: what few sell in is counted together.
const COUNTED_CURRENCIES: ReadonlySet<string> = new Set(['usd', 'eur', 'gbp', 'cad', 'aud', 'jpy', 'chf', 'sek', 'nok', 'dkk']);

/** Counts what a committed change of a payment came to. @param before - null for a new payment. */
export function countPaymentChange(before: Payment | null, after: Payment): void {
  const currency = COUNTED_CURRENCIES.has(after.currency) ? after.currency : 'other';
  const labels = { business_type: after.businessType, device_type: after.deviceType, currency };
  if (before === null) paymentsTotal.inc({ status: 'created', ...labels });
  if (before?.status !== after.status) paymentsTotal.inc({ status: after.status, ...labels });
  if ((before?.outcomeCertainty ?? 'known') !== after.outcomeCertainty) paymentOutcomesTotal.inc({ certainty: after.outcomeCertainty });
  const changes = {
    received: after.amountReceivedMinor - (before?.amountReceivedMinor ?? 0),
    refunded: after.amountRefundedMinor - (before?.amountRefundedMinor ?? 0),
    disputed: after.amountDisputedMinor - (before?.amountDisputedMinor ?? 0),
  };
  // Money that comes back, such as a failed refund's, is no negative refund: counters only count.
  for (const [kind, minor] of Object.entries(changes)) if (minor > 0) paymentAmountMinorTotal.inc({ kind, ...labels }, minor);
}
