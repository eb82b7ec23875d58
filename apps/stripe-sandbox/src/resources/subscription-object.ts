/** Subscriptions as objects. */
import { innerList, type ListPage } from '../lists.js';
import { type Metadata } from '../metadata.js';
import { type Sandbox } from '../sandbox.js';
import { type StripeObject } from '../store.js';
import { type Customer } from './customer-object.js';
import { type Price, type Recurrence } from './products.js';

/** Where a subscription stands. */
export type SubscriptionStatus =
  'incomplete' | 'incomplete_expired' | 'trialing' | 'active' | 'past_due' | 'canceled' | 'unpaid' | 'paused';

/** One price of a subscription. */
export interface SubscriptionItem extends StripeObject {
  object: 'subscription_item';
  current_period_end: number;
  current_period_start: number;
  price: Price;
  quantity: number;
  metadata: Metadata;
  [name: string]: unknown;
}

/** A subscription. */
export interface Subscription extends StripeObject {
  object: 'subscription';
  cancel_at: number | null;
  cancel_at_period_end: boolean;
  canceled_at: number | null;
  collection_method: string;
  created: number;
  currency: string;
  customer: string;
  days_until_due: number | null;
  default_payment_method: string | null;
  ended_at: number | null;
  items: ListPage<SubscriptionItem>;
  latest_invoice: string | null;
  metadata: Metadata;
  status: SubscriptionStatus;
  test_clock: string | null;
  trial_end: number | null;
  trial_settings: { end_behavior: { billing_cycle_anchor: null; missing_payment_method: string } };
  [name: string]: unknown;
}

/** What a subscription says beside the standing fields. */
export interface SubscriptionParts {
  readonly customer: Customer;
  readonly prices: readonly { price: Price; quantity: number }[];
  readonly now: number;
  readonly trialEnd: number | null;
  readonly collectionMethod: string;
  readonly daysUntilDue: number | null;
  readonly defaultPaymentMethod: string | null;
  readonly description: string | null;
  readonly metadata: Metadata;
  readonly cancelAtPeriodEnd: boolean;
  readonly missingPaymentMethod: string;
}

/** A subscription that is not kept yet. */
export function subscriptionObject(sandbox: Sandbox, parts: SubscriptionParts): Subscription {
  const { customer, prices, now, trialEnd } = parts;
  const id = `sub_1${sandbox.store.random.letters(23)}`;
  const recurrence = prices[0]?.price.recurring ?? null;
  const periodEnd = trialEnd ?? (recurrence ? addInterval(now, recurrence) : now);
  const items = prices.map(({ price, quantity }) => itemObject(sandbox, id, { price, quantity }, { start: now, end: periodEnd }));
  return {
    id,
    object: 'subscription',
    application: null,
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: trialEnd ?? now,
    billing_cycle_anchor_config: null,
    billing_mode: { flexible: { proration_discounts: 'included' }, type: 'flexible' },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: parts.cancelAtPeriodEnd ? periodEnd : null,
    cancel_at_period_end: parts.cancelAtPeriodEnd,
    canceled_at: null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    collection_method: parts.collectionMethod,
    created: now,
    currency: prices[0]?.price.currency ?? 'usd',
    customer: customer.id,
    customer_account: null,
    days_until_due: parts.daysUntilDue,
    default_payment_method: parts.defaultPaymentMethod,
    default_source: null,
    default_tax_rates: [],
    description: parts.description,
    discounts: [],
    ended_at: null,
    invoice_settings: { account_tax_ids: null, custom_fields: null, description: null, footer: null, issuer: { type: 'self' } },
    items: innerList(items, `/v1/subscription_items?subscription=${id}`),
    latest_invoice: null,
    livemode: false,
    managed_payments: null,
    metadata: parts.metadata,
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: { payment_method_options: null, payment_method_types: null, save_default_payment_method: 'off' },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: now,
    status: trialEnd === null ? 'incomplete' : 'trialing',
    test_clock: customer.test_clock,
    transfer_data: null,
    trial_end: trialEnd,
    trial_settings: { end_behavior: { billing_cycle_anchor: null, missing_payment_method: parts.missingPaymentMethod } },
    trial_start: trialEnd === null ? null : now,
  };
}

/** One price of a subscription. */
export function itemObject(
  sandbox: Sandbox,
  subscriptionId: string,
  { price, quantity }: { price: Price; quantity: number },
  period: { start: number; end: number },
): SubscriptionItem {
  return {
    id: `si_${sandbox.store.random.letters(14)}`,
    object: 'subscription_item',
    billing_thresholds: null,
    created: sandbox.clock.now(),
    current_period_end: period.end,
    current_period_start: period.start,
    current_trial: null,
    discounts: [],
    metadata: {},
    plan: planOf(price),
    price,
    quantity,
    subscription: subscriptionId,
    tax_rates: [],
  };
}

/** The older name of a recurring price, which items still carry. */
function planOf(price: Price): object {
  return {
    id: price.id,
    object: 'plan',
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: 'per_unit',
    created: price.created,
    currency: price.currency,
    interval: price.recurring?.interval ?? 'month',
    interval_count: price.recurring?.interval_count ?? 1,
    livemode: false,
    metadata: price.metadata,
    meter: null,
    nickname: null,
    product: price.product,
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: null,
    usage_type: 'licensed',
  };
}

/** The end of a period that begins at `seconds`; a month that is too short ends it on its last day. */
export function addInterval(seconds: number, { interval, interval_count: count }: Pick<Recurrence, 'interval' | 'interval_count'>): number {
  if (interval === 'day') return seconds + count * 86_400;
  if (interval === 'week') return seconds + count * 7 * 86_400;
  const date = new Date(seconds * 1_000);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + count * (interval === 'year' ? 12 : 1));
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, lastDay));
  return Math.floor(date.getTime() / 1_000);
}
