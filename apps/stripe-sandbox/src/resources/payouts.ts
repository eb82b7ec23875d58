/** Payouts: money on its way to the merchant's bank. */
import { DAY_MS } from '#kernel';
import { type Account } from '../account.js';
import { checkCurrency } from '../amounts.js';
import { type Call, pathId, route } from '../call.js';
import { invalidParameter, invalidState, noSuch } from '../errors.js';
import { listPage, type ListParameters } from '../lists.js';
import { mergeMetadata, type Metadata } from '../metadata.js';
import { type Sandbox } from '../sandbox.js';
import { type StripeObject } from '../store.js';
import { availableBalance, book } from './balance.js';
import { changedFields } from './customer-object.js';

/** A payout. */
export interface Payout extends StripeObject {
  object: 'payout';
  amount: number;
  balance_transaction: string | null;
  created: number;
  currency: string;
  description: string | null;
  failure_balance_transaction: string | null;
  failure_code: string | null;
  failure_message: string | null;
  metadata: Metadata;
  status: 'pending' | 'in_transit' | 'paid' | 'failed' | 'canceled';
  [name: string]: unknown;
}

/** How long a bank takes. */
const ARRIVAL_MS = DAY_MS;

interface PayoutParameters {
  amount: number;
  currency: string;
  description?: string;
  metadata?: Metadata | '';
  method?: string;
  statement_descriptor?: string;
  source_type?: string;
}

function create({ sandbox, account, parameters }: Call<PayoutParameters>): object {
  const { amount } = parameters;
  const currency = checkCurrency(parameters.currency);
  if (amount < 1) throw invalidParameter('This value must be greater than or equal to 1.', 'amount', 'parameter_invalid_integer');
  if ((availableBalance(sandbox, account).get(currency) ?? 0) < amount) {
    throw invalidState(
      'You have insufficient funds in your Stripe account for this transfer. Your card balance is too low. You can use the /v1/balance ' +
        'endpoint to view your Stripe balance (for more details, see stripe.com/docs/api#balance).',
      { code: 'balance_insufficient', param: 'amount' },
    );
  }
  const now = sandbox.clock.now();
  const payout: Payout = {
    id: `po_1${sandbox.store.random.letters(23)}`,
    object: 'payout',
    amount,
    application_fee: null,
    application_fee_amount: null,
    arrival_date: now + ARRIVAL_MS / 1_000,
    automatic: false,
    balance_transaction: null,
    created: now,
    currency,
    description: parameters.description ?? null,
    destination: `ba_1${sandbox.store.random.letters(23)}`,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    livemode: false,
    metadata: mergeMetadata({}, parameters.metadata),
    method: parameters.method ?? 'standard',
    original_payout: null,
    payout_method: null,
    reconciliation_status: 'not_applicable',
    reversed_by: null,
    source_type: parameters.source_type ?? 'card',
    statement_descriptor: parameters.statement_descriptor ?? null,
    status: 'pending',
    trace_id: null,
    type: 'bank_account',
  };
  const movement = {
    type: 'payout',
    reportingCategory: 'payout',
    amount: -amount,
    currency,
    source: payout.id,
    description: 'STRIPE PAYOUT',
  } as const;
  payout.balance_transaction = book(sandbox, account, movement).id;
  account.payouts.put(payout);
  sandbox.events.record(account, 'payout.created', payout);
  sandbox.clock.schedule('payout_arrival', account.id, ARRIVAL_MS, { payoutId: payout.id });
  return payout;
}

/** Ends a payout: it arrives, or the bank sends it back. */
export function endPayout(sandbox: Sandbox, account: Account, payout: Payout, outcome: 'paid' | 'failed' | 'canceled'): void {
  const before = { ...payout };
  payout.status = outcome;
  if (outcome !== 'paid') {
    payout.failure_balance_transaction = book(sandbox, account, {
      type: outcome === 'failed' ? 'payout_failure' : 'payout_cancel',
      reportingCategory: 'payout_reversal',
      amount: payout.amount,
      currency: payout.currency,
      source: payout.id,
      isAvailableAtOnce: true,
    }).id;
  }
  if (outcome === 'failed') {
    payout.failure_code = 'account_closed';
    payout.failure_message = 'The bank account has been closed.';
  }
  account.payouts.put(payout);
  sandbox.events.record(account, `payout.${outcome}`, payout, changedFields(before, payout));
}

/** What time does to payouts. */
export function registerPayoutJobs(sandbox: Sandbox): void {
  sandbox.clock.register('payout_arrival', ({ accountId, details }) => {
    const account = sandbox.account(accountId);
    const payout = account.payouts.find(String(details.payoutId));
    if (payout?.status === 'pending') endPayout(sandbox, account, payout, 'paid');
  });
}

function get(call: Call<unknown>): Payout {
  const payout = call.account.payouts.find(pathId(call));
  if (!payout) throw noSuch('payout', pathId(call), 'payout');
  return payout;
}

function update(call: Call<{ metadata?: Metadata | '' }>): object {
  const payout = get(call);
  const previous = { metadata: payout.metadata };
  payout.metadata = mergeMetadata(payout.metadata, call.parameters.metadata);
  call.account.payouts.put(payout);
  call.sandbox.events.record(call.account, 'payout.updated', payout, previous);
  return payout;
}

function cancel(call: Call): object {
  const payout = get(call);
  if (payout.status !== 'pending') throw invalidState(`Payout ${payout.id} cannot be canceled: its status is ${payout.status}.`);
  endPayout(call.sandbox, call.account, payout, 'canceled');
  return payout;
}

function list(call: Call<ListParameters & { status?: string }>): object {
  const { status } = call.parameters;
  return listPage(call, call.account.payouts, (payout) => status === undefined || payout.status === status);
}

/** Routes of payouts. */
export const payoutRoutes = [
  route('POST /v1/payouts', 'PayoutCreateParams', create),
  route('GET /v1/payouts', 'PayoutListParams', list),
  route('GET /v1/payouts/{id}', 'PayoutRetrieveParams', (call: Call) => get(call)),
  route('POST /v1/payouts/{id}', 'PayoutUpdateParams', update),
  route('POST /v1/payouts/{id}/cancel', 'PayoutCancelParams', cancel),
];
