/** Charges: one for each time the issuer was asked. */
import { type Account } from '../account.js';
import { type Call, pathId, route } from '../call.js';
import { type Decline, type TestCard } from '../cards.js';
import { noSuch } from '../errors.js';
import { listPage, type ListParameters } from '../lists.js';
import { mergeMetadata, type Metadata } from '../metadata.js';
import { search, type SearchParameters } from '../search.js';
import { type Sandbox } from '../sandbox.js';
import { type StripeObject } from '../store.js';
import { book, chargeFee } from './balance.js';
import { methodDetailsOf } from './charge-details.js';
import { type PaymentIntent } from './payment-intents.js';
import { type BillingDetails, type PaymentMethod } from './payment-methods.js';

/** A charge. */
export interface Charge extends StripeObject {
  object: 'charge';
  amount: number;
  amount_captured: number;
  amount_refunded: number;
  balance_transaction: string | null;
  billing_details: BillingDetails;
  captured: boolean;
  created: number;
  currency: string;
  customer: string | null;
  description: string | null;
  disputed: boolean;
  failure_balance_transaction: string | null;
  failure_code: string | null;
  failure_message: string | null;
  fraud_details: { stripe_report?: string; user_report?: string };
  metadata: Metadata;
  outcome: Outcome | null;
  paid: boolean;
  payment_intent: string | null;
  payment_method: string | null;
  payment_method_details: { type: string; [type: string]: unknown };
  receipt_email: string | null;
  refunded: boolean;
  review: string | null;
  status: 'succeeded' | 'failed' | 'pending';
  [name: string]: unknown;
}

interface Outcome {
  advice_code: string | null;
  network_advice_code: null;
  network_decline_code: string | null;
  network_status: string;
  reason: string | null;
  risk_level: string;
  risk_score: number;
  rule?: string;
  seller_message: string;
  type: string;
}

/** How the payer was, or was not, authenticated. */
export type Authentication = 'none' | 'challenged';

/** What a new charge is made of. */
export interface ChargeParts {
  readonly intent: PaymentIntent;
  readonly method: PaymentMethod;
  readonly card: TestCard | undefined;
  readonly decline: Decline | null;
  readonly authentication: Authentication;
}

/** Capture windows of card payments. */
export const CAPTURE_WINDOW_SECONDS = 7 * 86_400;

/** Asks the issuer, and keeps the answer as a charge: failed, captured, or waiting for its capture. */
export function createCharge(sandbox: Sandbox, account: Account, parts: ChargeParts): Charge {
  const { intent, method, card, decline } = parts;
  const isManual = intent.capture_method === 'manual';
  const isCaptured = decline === null && !isManual;
  const id = `${method.type === 'card' ? 'ch' : 'py'}_3${sandbox.store.random.letters(23)}`;
  const now = sandbox.clock.now();
  return account.charges.put({
    id,
    object: 'charge',
    amount: intent.amount,
    amount_captured: isCaptured ? intent.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: intent.application_fee_amount,
    balance_transaction: null,
    billing_details: method.billing_details,
    calculated_statement_descriptor: 'SANDBOX',
    captured: isCaptured,
    created: now,
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: decline?.code ?? null,
    failure_message: decline?.message ?? null,
    fraud_details: card?.risk === 'blocked' ? { stripe_report: 'fraudulent' } : {},
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: intent.on_behalf_of,
    outcome: outcomeOf(sandbox, card, decline),
    paid: decline === null,
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: methodDetailsOf(parts, isManual && decline === null ? now + CAPTURE_WINDOW_SECONDS : null),
    radar_options: {},
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: decline === null ? `https://pay.stripe.com/receipts/${id}` : null,
    refunded: false,
    review: null,
    shipping: intent.shipping,
    source: null,
    source_transfer: null,
    statement_descriptor: intent.statement_descriptor,
    statement_descriptor_suffix: intent.statement_descriptor_suffix,
    status: decline === null ? 'succeeded' : 'failed',
    transfer_data: null,
    transfer_group: intent.transfer_group,
  });
}

function outcomeOf(sandbox: Sandbox, card: TestCard | undefined, decline: Decline | null): Outcome {
  const risk = riskOf(sandbox, card);
  const base = {
    advice_code: decline?.adviceCode ?? null,
    network_advice_code: null,
    network_decline_code: decline?.networkDeclineCode ?? null,
    ...risk,
  };
  if (decline === null) {
    const isElevated = risk.risk_level === 'elevated';
    return {
      ...base,
      network_status: 'approved_by_network',
      reason: isElevated ? 'elevated_risk_level' : null,
      ...(isElevated ? { rule: 'manual_review_if_elevated_risk' } : {}),
      seller_message: isElevated
        ? 'Stripe evaluated this payment as having elevated risk, and placed it in your manual review queue.'
        : 'Payment complete.',
      type: isElevated ? 'manual_review' : 'authorized',
    };
  }
  if (card?.risk === 'blocked') {
    const rule = { reason: 'highest_risk_level', rule: 'block_if_high_risk' };
    return {
      ...base,
      network_status: 'not_sent_to_network',
      ...rule,
      seller_message: 'Stripe blocked this payment as too risky.',
      type: 'blocked',
    };
  }
  return {
    ...base,
    network_status: 'declined_by_network',
    reason: decline.declineCode ?? decline.code,
    seller_message: SELLER_MESSAGES[decline.declineCode ?? ''] ?? 'The bank did not return any further details with this decline.',
    type: 'issuer_declined',
  };
}

const SELLER_MESSAGES: Readonly<Record<string, string>> = {
  insufficient_funds: 'The bank returned the decline code `insufficient_funds`.',
  lost_card: 'The bank returned the decline code `lost_card`.',
  stolen_card: 'The bank returned the decline code `stolen_card`.',
  incorrect_cvc: 'The bank returned the decline code `incorrect_cvc`.',
  processing_error: 'The bank returned the decline code `processing_error`.',
  authentication_required: 'The bank returned the decline code `authentication_required`.',
};

/** Scores as Radar's bands have them: normal to 64, elevated to 74, highest above. */
function riskOf(sandbox: Sandbox, card: TestCard | undefined): { risk_level: string; risk_score: number } {
  const spread = sandbox.store.random.uint32();
  if (card?.risk === 'elevated') return { risk_level: 'elevated', risk_score: 65 + (spread % 10) };
  if (card?.risk === 'highest' || card?.risk === 'blocked') return { risk_level: 'highest', risk_score: 75 + (spread % 25) };
  return { risk_level: 'normal', risk_score: spread % 65 };
}

/** Books the money of a captured charge, less the fee. */
export function bookCharge(sandbox: Sandbox, account: Account, charge: Charge, bypassesPending = false): string {
  return book(sandbox, account, {
    type: 'charge',
    reportingCategory: 'charge',
    amount: charge.amount_captured,
    currency: charge.currency,
    fee: chargeFee(charge.amount_captured),
    source: charge.id,
    description: charge.description,
    isAvailableAtOnce: bypassesPending,
  }).id;
}

/** The charge of an id. @throws StripeError 404 in a path, 400 in a parameter. */
export function getCharge(account: Account, id: string, param = 'id'): Charge {
  const charge = account.charges.find(id);
  if (!charge) throw noSuch('charge', id, param, param === 'id' ? 404 : 400);
  return charge;
}

interface ChargeUpdateParameters {
  description?: string;
  metadata?: Metadata | '';
  receipt_email?: string;
  fraud_details?: { user_report?: string };
}

function update(call: Call<ChargeUpdateParameters>): object {
  const charge = getCharge(call.account, pathId(call));
  const { description, metadata, receipt_email: email, fraud_details: fraud } = call.parameters;
  const before = { description: charge.description, metadata: charge.metadata };
  charge.description = description ?? charge.description;
  charge.receipt_email = email ?? charge.receipt_email;
  charge.metadata = mergeMetadata(charge.metadata, metadata);
  if (fraud?.user_report !== undefined) charge.fraud_details = { ...charge.fraud_details, user_report: fraud.user_report };
  call.account.charges.put(charge);
  call.sandbox.events.record(call.account, 'charge.updated', charge, before);
  return charge;
}

interface ChargeListParameters extends ListParameters {
  payment_intent?: string;
  customer?: string;
}

function list(call: Call<ChargeListParameters>): object {
  const { payment_intent: intent, customer } = call.parameters;
  return listPage(
    call,
    call.account.charges,
    (charge) => (intent === undefined || charge.payment_intent === intent) && (customer === undefined || charge.customer === customer),
  );
}

/** Routes of charges. Payments are made through payment intents. */
export const chargeRoutes = [
  route('GET /v1/charges', 'ChargeListParams', list),
  route('GET /v1/charges/search', 'ChargeSearchParams', (call: Call<SearchParameters>) => search(call, call.account.charges)),
  route('GET /v1/charges/{id}', 'ChargeRetrieveParams', (call: Call) => getCharge(call.account, pathId(call))),
  route('POST /v1/charges/{id}', 'ChargeUpdateParams', update),
];
