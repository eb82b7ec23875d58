/** Every type of event that Stripe sends: what it changes here, or why it changes nothing. One table, so that nobody has to guess. */
import type Stripe from 'stripe';
import type { GatewayEvent, SavedMethodEvent } from '#payments';
import { gatewayDisputeOf, gatewayFraudWarningOf, gatewayPaymentOf, gatewayRefundOf, gatewayReviewOf } from './stripe-objects.js';
import type { PayoutEvent } from './stripe-payouts.js';
import { UNREADABLE_EVENT_TYPE } from './stripe-webhooks.js';

/**
 * How a handled type is read.
 *
 * - `payment_intent`, `refund`, `dispute`, `review`, `fraud_warning`: the event's object is the snapshot
 * - `refunds_of_charge`: accounts on API versions before 2022-11-15 put the newest refund into the charge, and send no `refund.created`
 * - `payment_of_charge`, `payment_of_reader`: the event names a payment intent and does not carry it, so it is fetched
 * - `setup_intent`, `payment_method`: always fetched; they are few, and the setup alone carries its method in full
 * - `payout`: always fetched too; a payout's events come out of order and a bank may take one back
 * - `deleted_customer`: there is nothing left to fetch
 */
export type StripeEventReading =
  | 'payment_intent'
  | 'refund'
  | 'dispute'
  | 'review'
  | 'fraud_warning'
  | 'refunds_of_charge'
  | 'payment_of_charge'
  | 'payment_of_reader'
  | 'setup_intent'
  | 'payment_method'
  | 'payout'
  | 'deleted_customer';

/** The types that change something here. */
export const HANDLED_STRIPE_EVENTS: Readonly<Record<string, StripeEventReading>> = {
  'payment_intent.created': 'payment_intent',
  'payment_intent.processing': 'payment_intent',
  'payment_intent.requires_action': 'payment_intent',
  'payment_intent.amount_capturable_updated': 'payment_intent',
  'payment_intent.partially_funded': 'payment_intent',
  'payment_intent.succeeded': 'payment_intent',
  'payment_intent.payment_failed': 'payment_intent',
  'payment_intent.canceled': 'payment_intent',
  'charge.expired': 'payment_of_charge',
  'charge.refunded': 'refunds_of_charge',
  // There is no refund.canceled: a canceled refund comes as updated, under either name.
  'charge.refund.updated': 'refund',
  'refund.created': 'refund',
  'refund.updated': 'refund',
  'refund.failed': 'refund',
  'charge.dispute.created': 'dispute',
  'charge.dispute.updated': 'dispute',
  'charge.dispute.funds_withdrawn': 'dispute',
  'charge.dispute.funds_reinstated': 'dispute',
  'charge.dispute.closed': 'dispute',
  'radar.early_fraud_warning.created': 'fraud_warning',
  'radar.early_fraud_warning.updated': 'fraud_warning',
  'review.opened': 'review',
  'review.closed': 'review',
  'terminal.reader.action_succeeded': 'payment_of_reader',
  'terminal.reader.action_failed': 'payment_of_reader',
  'setup_intent.requires_action': 'setup_intent',
  'setup_intent.succeeded': 'setup_intent',
  'setup_intent.setup_failed': 'setup_intent',
  'setup_intent.canceled': 'setup_intent',
  'payment_method.updated': 'payment_method',
  'payment_method.automatically_updated': 'payment_method',
  'payment_method.detached': 'payment_method',
  'payout.created': 'payout',
  'payout.updated': 'payout',
  'payout.paid': 'payout',
  'payout.failed': 'payout',
  'payout.canceled': 'payout',
  'payout.reconciliation_completed': 'payout',
  'customer.deleted': 'deleted_customer',
};

/** The types that change nothing on purpose, by their beginning, with the reason. The first row that fits counts. */
export const IGNORED_STRIPE_EVENTS: readonly (readonly [prefix: string, reason: string])[] = [
  ['charge.', 'payment_intent.* tells the same of every charge; two sources for one state only race'],
  ['checkout.session.', 'the payment intent of a session has its own events'],
  ['customer.subscription.', 'schedules are kept here, not in Stripe Billing; their payments have payment intents'],
  ['customer.', 'customers are kept here; Stripe’s copies decide nothing'],
  ['customer_cash_balance_transaction.', 'cash balances are not used'],
  ['invoice', 'invoices of Stripe Billing are not used; their payments have payment intents'],
  ['setup_intent.', 'a setup that has just been made says nothing of its outcome'],
  ['payment_method.', 'what is attached is told by the setup intent that did it'],
  ['mandate.', 'what a customer agreed to is kept with the saved method here'],
  ['source.', 'sources came before payment methods and are not used'],
  ['terminal.reader.action_updated', 'an action that has not ended says nothing of its payment'],
  ['three_d_secure.', 'authentication done outside a payment intent is not used'],
  ['balance.', 'reconciliation reads the balance itself'],
  ['balance_settings.', 'settings of the account, kept at Stripe'],
  ['account.', 'settings of the account, kept at Stripe'],
  ['capability.', 'settings of the account, kept at Stripe'],
  ['person.', 'settings of the account, kept at Stripe'],
  ['tax', 'taxes are fields of the payment here'],
  ['application_fee.', 'no application fees are taken'],
  ['transfer.', 'no funds are transferred between accounts'],
  ['topup.', 'no funds are added by top-up'],
  ['reserve.', 'reserves show in the balance, which reconciliation reads'],
  ['reporting.', 'Stripe’s reports are not used'],
  ['sigma.', 'Stripe’s reports are not used'],
  ['test_helpers.', 'a tool of tests'],
  ...['plan.', 'price.', 'product.', 'coupon.', 'promotion_code.', 'credit_note.', 'quote.', 'payment_link.', 'subscription_schedule.'].map(
    (prefix) => [prefix, 'the catalogue of Stripe Billing is not used'] as const,
  ),
  ...[
    'apps.',
    'billing',
    'cash_balance.',
    'climate.',
    'entitlements.',
    'file.',
    'financial_connections.',
    'identity.',
    'issuing',
    'treasury.',
  ].map((prefix) => [prefix, 'a product of Stripe that is not used here'] as const),
];

/** What an event can be about. */
export type SnapshotKind = Exclude<GatewayEvent, { kind: 'ignored' }>['kind'];

/** What is fetched by its own id. */
export type FetchedObject = SnapshotKind | 'setup' | 'method' | 'payout';

/** What to do about an event. */
export type StripeEventTranslation =
  | GatewayEvent
  | SavedMethodEvent
  | PayoutEvent
  /** The event does not carry the snapshot, or in a form of another API version: only the object itself tells. */
  | { readonly kind: 'fetch'; readonly object: FetchedObject; readonly gatewayId: string }
  /** Signed by Stripe and yet no event. */
  | { readonly kind: 'unreadable' };

/**
 * Says what an event means here.
 *
 * @param type - The inbox's column, not the payload's word, so that both agree.
 * @param event - The parsed payload, of any API version and any shape.
 * @throws AssertionError for an amount or a currency that this product cannot hold.
 */
export function translateStripeEvent(type: string, event: Readonly<Record<string, unknown>> | null): StripeEventTranslation {
  if (event === null || type === UNREADABLE_EVENT_TYPE) return { kind: 'unreadable' };
  const reading = Object.hasOwn(HANDLED_STRIPE_EVENTS, type) ? HANDLED_STRIPE_EVENTS[type] : undefined;
  if (reading === undefined) return { kind: 'ignored', reason: reasonToIgnore(type) };
  const object = record(record(event['data'])?.['object']);
  const translation = object === null ? null : read(reading, object);
  return translation ?? { kind: 'ignored', reason: 'the event names nothing that belongs to a payment intent' };
}

/** Why a type that is not handled has no effect. */
function reasonToIgnore(type: string): string {
  return IGNORED_STRIPE_EVENTS.find(([prefix]) => type.startsWith(prefix))?.[1] ?? 'a type that this version does not know';
}

function read(reading: StripeEventReading, object: Readonly<Record<string, unknown>>): StripeEventTranslation | null {
  switch (reading) {
    case 'payment_intent':
      return snapshotOrFetch('payment', object, PAYMENT_INTENT_SHAPE, () => ({
        kind: 'payment',
        object: gatewayPaymentOf(object as unknown as Stripe.PaymentIntent),
      }));
    case 'refund':
      return readRefund(object);
    case 'dispute':
      return snapshotOrFetch('dispute', object, DISPUTE_SHAPE, () => ({
        kind: 'dispute',
        object: gatewayDisputeOf(object as unknown as Stripe.Dispute),
      }));
    case 'review':
      return readOfIntent('review', object, REVIEW_SHAPE, () => gatewayReviewOf(object as unknown as Stripe.Review));
    case 'fraud_warning':
      return readOfIntent('fraud_warning', object, FRAUD_WARNING_SHAPE, () =>
        gatewayFraudWarningOf(object as unknown as Stripe.Radar.EarlyFraudWarning),
      );
    case 'refunds_of_charge':
      return readRefundsOf(object);
    case 'payment_of_charge':
      return fetchOf('payment', object['payment_intent']);
    case 'payment_of_reader':
      return fetchOf('payment', record(record(object['action'])?.['process_payment_intent'])?.['payment_intent']);
    case 'setup_intent':
      return fetchOf('setup', object['id']);
    case 'payment_method':
      return fetchOf('method', object['id']);
    case 'payout':
      return fetchOf('payout', object['id']);
    case 'deleted_customer':
      return typeof object['id'] === 'string' ? { kind: 'customer_deleted', object: { gatewayId: object['id'] } } : null;
  }
}

function readRefund(object: Readonly<Record<string, unknown>>): StripeEventTranslation | null {
  // A refund of a charge made without a payment intent is nobody's here.
  if (object['payment_intent'] === null) return null;
  return snapshotOrFetch('refund', object, REFUND_SHAPE, () => ({
    kind: 'refund',
    object: gatewayRefundOf(object as unknown as Stripe.Refund),
  }));
}

/** What concerns a charge without a payment intent is nobody's here. */
function readOfIntent<Kind extends 'review' | 'fraud_warning'>(
  kind: Kind,
  object: Readonly<Record<string, unknown>>,
  shape: Shape,
  snapshot: () => Extract<GatewayEvent, { kind: Kind }>['object'] | null,
): StripeEventTranslation | null {
  const isCurrent = Object.entries(shape).every(([field, check]) => check(object[field]));
  if (!isCurrent) return fetchOf(kind, object['id']);
  const found = snapshot();
  return found === null ? null : ({ kind, object: found } as Extract<GatewayEvent, { kind: Kind }>);
}

function readRefundsOf(charge: Readonly<Record<string, unknown>>): StripeEventTranslation | null {
  if (charge['payment_intent'] === null) return null;
  const refunds = record(charge['refunds'])?.['data'];
  const newest = Array.isArray(refunds) ? record(refunds[0]) : null;
  if (newest === null) return { kind: 'ignored', reason: 'refund.created tells of the refund itself' };
  return readRefund(newest);
}

type Shape = Readonly<Record<string, (value: unknown) => boolean>>;

const isText = (value: unknown): boolean => typeof value === 'string';
const isNumber = (value: unknown): boolean => typeof value === 'number';
const isRecord = (value: unknown): boolean => record(value) !== null;
const isReference = (value: unknown): boolean => isText(value) || isText(record(value)?.['id']);
const isNullOr =
  (check: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === null || check(value);

/** What the readers of `stripe-objects.ts` rely on. Older API versions lack some of it, and are fetched in the version of the SDK. */
const PAYMENT_INTENT_SHAPE: Shape = {
  status: isText,
  currency: isText,
  amount: isNumber,
  amount_capturable: isNumber,
  amount_received: isNumber,
  latest_charge: isNullOr(isReference),
  next_action: isNullOr(isRecord),
  last_payment_error: isNullOr(isRecord),
  livemode: (value) => typeof value === 'boolean',
  metadata: isRecord,
};
const REFUND_SHAPE: Shape = { currency: isText, amount: isNumber, payment_intent: isReference, status: isNullOr(isText) };
const DISPUTE_SHAPE: Shape = {
  status: isText,
  reason: isText,
  currency: isText,
  amount: isNumber,
  payment_intent: isReference,
  balance_transactions: Array.isArray,
  enhanced_eligibility_types: Array.isArray,
  is_charge_refundable: (value) => typeof value === 'boolean',
  evidence_details: (value) => isRecord(value) && typeof record(value)?.['submission_count'] === 'number',
};

const REVIEW_SHAPE: Shape = {
  open: (value) => typeof value === 'boolean',
  opened_reason: isText,
  closed_reason: (value) => value === null || REVIEW_ENDS.has(value),
  payment_intent: (value) => value === undefined || isReference(value),
};
const REVIEW_ENDS: ReadonlySet<unknown> = new Set([
  'acknowledged',
  'approved',
  'canceled',
  'disputed',
  'payment_never_settled',
  'redacted',
  'refunded',
  'refunded_as_fraud',
]);
const FRAUD_WARNING_SHAPE: Shape = {
  actionable: (value) => typeof value === 'boolean',
  fraud_type: isText,
  payment_intent: (value) => value === undefined || isReference(value),
};

function snapshotOrFetch(
  kind: 'payment' | 'refund' | 'dispute',
  object: Readonly<Record<string, unknown>>,
  shape: Shape,
  snapshot: () => GatewayEvent,
): StripeEventTranslation | null {
  // A dispute over a charge made without a payment intent is nobody's here.
  if (kind === 'dispute' && object['payment_intent'] === null) return null;
  const isCurrent = Object.entries(shape).every(([field, check]) => check(object[field]));
  return isCurrent ? snapshot() : fetchOf(kind, object['id']);
}

function fetchOf(object: FetchedObject, reference: unknown): StripeEventTranslation | null {
  const id = typeof reference === 'string' ? reference : record(reference)?.['id'];
  return typeof id === 'string' && id !== '' ? { kind: 'fetch', object, gatewayId: id } : null;
}

function record(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
}
