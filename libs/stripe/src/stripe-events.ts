/** Stripe's events in our words. */
import type Stripe from 'stripe';
import type { GatewayEvent, SavedMethodEvent } from '#payments';
import { HANDLED_STRIPE_EVENTS, reasonToIgnore, type StripeEventReading } from './stripe-event-types.js';
import { gatewayDisputeOf, gatewayFraudWarningOf, gatewayPaymentOf, gatewayRefundOf, gatewayReviewOf } from './stripe-objects.js';
import type { PayoutEvent } from './stripe-payouts.js';
import { UNREADABLE_EVENT_TYPE } from './stripe-webhooks.js';

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
