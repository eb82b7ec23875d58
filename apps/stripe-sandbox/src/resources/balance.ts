/** The account's money: balance transactions, and the balance they add up to. */
import { DAY_MS } from '#kernel';
import { type Account } from '../account.js';
import { type Call, pathId, route } from '../call.js';
import { noSuch } from '../errors.js';
import { listPage, type ListParameters } from '../lists.js';
import { type Sandbox } from '../sandbox.js';

/** One movement of money. */
export interface BalanceTransaction {
  id: string;
  object: 'balance_transaction';
  amount: number;
  available_on: number;
  balance_type: 'payments';
  created: number;
  currency: string;
  description: string | null;
  exchange_rate: null;
  fee: number;
  fee_details: { amount: number; application: null; currency: string; description: string; type: string }[];
  net: number;
  reporting_category: string;
  source: string;
  status: 'available' | 'pending';
  type: string;
}

/** Charges become available after two days. */
const PENDING_SECONDS = (2 * DAY_MS) / 1_000;

/** What is needed to book a movement. */
export interface Movement {
  readonly type: 'charge' | 'refund' | 'adjustment' | 'payout' | 'refund_failure' | 'payout_failure' | 'payout_cancel';
  readonly reportingCategory: string;
  readonly amount: number;
  readonly currency: string;
  /** Stripe's fee; reduces what arrives. */
  readonly fee?: number;
  readonly feeDescription?: string;
  /** Id of the object that causes it. */
  readonly source: string;
  readonly description?: string | null;
  readonly isAvailableAtOnce?: boolean;
}

/** Stripe's fee for a card charge: 2.9 % and 30, rounded half up. */
export function chargeFee(amount: number): number {
  return Math.round((amount * 29) / 1_000) + 30;
}

/** Books a movement. */
export function book(sandbox: Sandbox, account: Account, movement: Movement): BalanceTransaction {
  const { amount, currency, fee = 0, source } = movement;
  const now = sandbox.clock.now();
  const isAvailable = movement.isAvailableAtOnce ?? amount <= 0;
  return account.balanceTransactions.put({
    id: `txn_3${sandbox.store.random.letters(23)}`,
    object: 'balance_transaction',
    amount,
    available_on: isAvailable ? now : now + PENDING_SECONDS,
    balance_type: 'payments',
    created: now,
    currency,
    description: movement.description ?? null,
    exchange_rate: null,
    fee,
    fee_details:
      fee === 0
        ? []
        : [
            {
              amount: fee,
              application: null,
              currency,
              description: movement.feeDescription ?? 'Stripe processing fees',
              type: 'stripe_fee',
            },
          ],
    net: amount - fee,
    reporting_category: movement.reportingCategory,
    source,
    status: isAvailable ? 'available' : 'pending',
    type: movement.type,
  });
}

/** As the API shows it: money becomes available by the passing of time alone. */
function show(sandbox: Sandbox, transaction: BalanceTransaction): object {
  return { ...transaction, status: transaction.available_on <= sandbox.clock.now() ? 'available' : 'pending' };
}

/** What could be paid out now, by currency. */
export function availableBalance(sandbox: Sandbox, account: Account): Map<string, number> {
  return sums(account, (transaction) => transaction.available_on <= sandbox.clock.now());
}

function sums(account: Account, accepts: (transaction: BalanceTransaction) => boolean): Map<string, number> {
  const byCurrency = new Map<string, number>();
  for (const transaction of account.balanceTransactions.all()) {
    const before = byCurrency.get(transaction.currency) ?? 0;
    byCurrency.set(transaction.currency, before + (accepts(transaction) ? transaction.net : 0));
  }
  return byCurrency;
}

function balance({ sandbox, account }: Call): object {
  const funds = (byCurrency: Map<string, number>) =>
    [...(byCurrency.size > 0 ? byCurrency : new Map([['usd', 0]]))].map(([currency, amount]) => ({
      amount,
      currency,
      source_types: { card: amount },
    }));
  const now = sandbox.clock.now();
  return {
    object: 'balance',
    available: funds(availableBalance(sandbox, account)),
    livemode: false,
    pending: funds(sums(account, (transaction) => transaction.available_on > now)),
    refund_and_dispute_prefunding: { available: [], pending: [] },
  };
}

interface TransactionListParameters extends ListParameters {
  currency?: string;
  payout?: string;
  source?: string;
  type?: string;
}

function list(call: Call<TransactionListParameters>): object {
  const { currency, payout, source, type } = call.parameters;
  const matches = (transaction: BalanceTransaction) =>
    (currency === undefined || transaction.currency === currency) &&
    (source === undefined || transaction.source === source) &&
    (payout === undefined || transaction.source === payout) &&
    (type === undefined || transaction.type === type);
  return listPage(call, call.account.balanceTransactions, matches, (each) => show(call.sandbox, each));
}

function retrieve(call: Call): object {
  const transaction = call.account.balanceTransactions.find(pathId(call));
  if (!transaction) throw noSuch('balance transaction', pathId(call));
  return show(call.sandbox, transaction);
}

/** Routes of the balance. */
export const balanceRoutes = [
  route('GET /v1/balance', 'BalanceRetrieveParams', balance),
  route('GET /v1/balance_transactions', 'BalanceTransactionListParams', list),
  route('GET /v1/balance_transactions/{id}', 'BalanceTransactionRetrieveParams', retrieve),
];
