/** Refunds: money back, at once or later, and sometimes not at all. */
import { SECOND_MS } from '#kernel';
import { type Account } from '../account.js';
import { type Call, pathId, route } from '../call.js';
import { invalidParameter, invalidState, noSuch } from '../errors.js';
import { cardOf } from '../fingerprints.js';
import { listPage, type ListParameters } from '../lists.js';
import { mergeMetadata, type Metadata } from '../metadata.js';
import { type Sandbox } from '../sandbox.js';
import { type StripeObject } from '../store.js';
import { book } from './balance.js';
import { type Charge, getCharge } from './charges.js';
import { holdsMoney } from './dispute-holds.js';
import { getIntent } from './payment-intents.js';
import { closeReview } from './reviews.js';

/** A refund. */
export interface Refund extends StripeObject {
  object: 'refund';
  amount: number;
  balance_transaction: string | null;
  charge: string;
  created: number;
  currency: string;
  customer: string | null;
  customer_account: null;
  destination_details: { card: { type: string; reference_status: string }; type: 'card' } | { type: string };
  failure_balance_transaction?: string;
  failure_reason?: string;
  metadata: Metadata;
  payment_intent: string | null;
  payment_method: string | null;
  reason: string | null;
  receipt_number: null;
  source_transfer_reversal: null;
  status: 'succeeded' | 'pending' | 'failed' | 'canceled' | 'requires_action';
  transfer_reversal: null;
}

/** How long the refunds of the pending and failing test cards take. */
const LATER_MS = 5 * SECOND_MS;

interface RefundParameters {
  amount?: number;
  charge?: string;
  payment_intent?: string;
  metadata?: Metadata | '';
  reason?: string;
}

function create(call: Call<RefundParameters>): object {
  const { sandbox, account, parameters } = call;
  return createRefund(sandbox, account, chargeToRefund(account, parameters), parameters);
}

function chargeToRefund(account: Account, input: RefundParameters): Charge {
  if (input.charge !== undefined) return getCharge(account, input.charge, 'charge');
  if (input.payment_intent === undefined) {
    throw invalidParameter(
      'One of the following params should be provided for this request: payment_intent or charge.',
      'charge',
      'parameter_missing',
    );
  }
  const intent = getIntent(account, input.payment_intent, 'payment_intent');
  const charge = account.charges.find(intent.latest_charge ?? '');
  if (intent.status !== 'succeeded' || !charge) {
    throw invalidState(`This PaymentIntent (${intent.id}) does not have a successful charge to refund.`, { param: 'payment_intent' });
  }
  return charge;
}

/** Refunds a charge, in whole or in part. @throws StripeError 400 for more than is left, or a charge that is disputed. */
export function createRefund(sandbox: Sandbox, account: Account, charge: Charge, input: RefundParameters): Refund {
  const amount = checkRefundable(account, charge, input.amount);
  const method = account.paymentMethods.find(charge.payment_method ?? '');
  const behaviour = method && cardOf(method)?.refund;
  const refund: Refund = {
    id: `re_3${sandbox.store.random.letters(23)}`,
    object: 'refund',
    amount,
    balance_transaction: null,
    charge: charge.id,
    created: sandbox.clock.now(),
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    destination_details: method?.card
      ? { card: { reference_status: 'pending', type: 'refund' }, type: 'card' }
      : { type: method?.type ?? 'card' },
    metadata: mergeMetadata({}, input.metadata),
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: input.reason ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: behaviour === 'pending' ? 'pending' : 'succeeded',
    transfer_reversal: null,
  };
  refund.balance_transaction = book(sandbox, account, {
    type: 'refund',
    reportingCategory: 'refund',
    amount: -amount,
    currency: charge.currency,
    source: refund.id,
    description: charge.description === null ? 'REFUND FOR CHARGE' : `REFUND FOR CHARGE (${charge.description})`,
  }).id;
  account.refunds.put(refund);
  addRefunded(sandbox, account, charge, amount);
  if (charge.refunded) closeReview(sandbox, account, charge, refund.reason === 'fraudulent' ? 'refunded_as_fraud' : 'refunded');
  sandbox.events.record(account, 'refund.created', refund);
  sandbox.events.record(account, 'charge.refund.updated', refund, {});
  if (behaviour)
    sandbox.clock.schedule('refund_outcome', account.id, LATER_MS, { refundId: refund.id, fails: behaviour === 'fails_later' });
  return refund;
}

function checkRefundable(account: Account, charge: Charge, wanted: number | undefined): number {
  if (charge.status !== 'succeeded' || !charge.captured) {
    throw invalidState(`Charge ${charge.id} is not captured: it cannot be refunded.`, { param: 'charge' });
  }
  if (charge.disputed && holdsMoney(account, charge.id)) {
    throw invalidState(`Charge ${charge.id} has been charged back; cannot issue a refund.`, { code: 'charge_disputed' });
  }
  const left = charge.amount_captured - charge.amount_refunded;
  if (left === 0) throw invalidState(`Charge ${charge.id} has already been refunded.`, { code: 'charge_already_refunded' });
  const amount = wanted ?? left;
  if (amount < 1) throw invalidParameter('This value must be greater than or equal to 1.', 'amount', 'parameter_invalid_integer');
  if (amount > left) {
    throw invalidState(`Refund amount (${String(amount)}) is greater than unrefunded amount on charge (${String(left)})`, {
      param: 'amount',
    });
  }
  return amount;
}

function addRefunded(sandbox: Sandbox, account: Account, charge: Charge, amount: number): void {
  const previous = { amount_refunded: charge.amount_refunded, refunded: charge.refunded };
  charge.amount_refunded += amount;
  charge.refunded = charge.amount_refunded === charge.amount_captured;
  account.charges.put(charge);
  if (amount > 0) sandbox.events.record(account, 'charge.refunded', charge, previous);
}

/** A refund that has failed: the money returns to the account. */
export function failRefund(sandbox: Sandbox, account: Account, refund: Refund, reason: string): void {
  const previous = { status: refund.status };
  const charge = getCharge(account, refund.charge);
  refund.status = 'failed';
  refund.failure_reason = reason;
  refund.failure_balance_transaction = book(sandbox, account, {
    type: 'refund_failure',
    reportingCategory: 'refund_failure',
    amount: refund.amount,
    currency: refund.currency,
    source: refund.id,
    isAvailableAtOnce: true,
  }).id;
  account.refunds.put(refund);
  addRefunded(sandbox, account, charge, -refund.amount);
  sandbox.events.record(account, 'refund.failed', refund, previous);
  sandbox.events.record(account, 'charge.refund.updated', refund, previous);
}

/** What time does to refunds. */
export function registerRefundJobs(sandbox: Sandbox): void {
  sandbox.clock.register('refund_outcome', ({ accountId, details }) => {
    const account = sandbox.account(accountId);
    const refund = account.refunds.find(String(details.refundId));
    if (!refund || refund.status === 'failed' || refund.status === 'canceled') return;
    if (details.fails === true) {
      failRefund(sandbox, account, refund, 'lost_or_stolen_card');
      return;
    }
    const previous = { status: refund.status };
    refund.status = 'succeeded';
    account.refunds.put(refund);
    sandbox.events.record(account, 'refund.updated', refund, previous);
    sandbox.events.record(account, 'charge.refund.updated', refund, previous);
  });
}

function get(call: Call<unknown>): Refund {
  const refund = call.account.refunds.find(pathId(call));
  if (!refund) throw noSuch('refund', pathId(call), 'refund');
  return refund;
}

function update(call: Call<{ metadata?: Metadata | '' }>): object {
  const refund = get(call);
  const previous = { metadata: refund.metadata };
  refund.metadata = mergeMetadata(refund.metadata, call.parameters.metadata);
  call.account.refunds.put(refund);
  call.sandbox.events.record(call.account, 'refund.updated', refund, previous);
  call.sandbox.events.record(call.account, 'charge.refund.updated', refund, previous);
  return refund;
}

function cancel(call: Call): object {
  const refund = get(call);
  throw invalidState(
    `Refund ${refund.id} cannot be canceled because it has a status of ${refund.status}. Only refunds that require action can be canceled.`,
  );
}

function list(call: Call<ListParameters & { charge?: string; payment_intent?: string }>): object {
  const { charge, payment_intent: intent } = call.parameters;
  return listPage(
    call,
    call.account.refunds,
    (refund) => (charge === undefined || refund.charge === charge) && (intent === undefined || refund.payment_intent === intent),
  );
}

/** Routes of refunds. */
export const refundRoutes = [
  route('POST /v1/refunds', 'RefundCreateParams', create),
  route('GET /v1/refunds', 'RefundListParams', list),
  route('GET /v1/refunds/{id}', 'RefundRetrieveParams', (call: Call) => get(call)),
  route('POST /v1/refunds/{id}', 'RefundUpdateParams', update),
  route('POST /v1/refunds/{id}/cancel', 'RefundCancelParams', cancel),
];
