/** What a client may do with subscriptions. Changes of price or quantity take effect with the next period: nothing is prorated. */
import { type Call, pathId, route } from '../call.js';
import { invalidParameter, invalidState, noSuch } from '../errors.js';
import { listPage, type ListParameters } from '../lists.js';
import { mergeMetadata, type Metadata } from '../metadata.js';
import { changedFields, getCustomer } from './customer-object.js';
import { type PriceParameters, resolvePrice } from './products.js';
import { itemObject, type Subscription, subscriptionObject } from './subscription-object.js';
import { begin, endSubscription, endTrial } from './subscriptions.js';

interface ItemParameters {
  id?: string;
  deleted?: boolean;
  price?: string;
  price_data?: PriceParameters;
  quantity?: number;
}

interface SubscriptionParameters {
  cancel_at_period_end?: boolean;
  collection_method?: string;
  customer?: string;
  days_until_due?: number;
  default_payment_method?: string;
  description?: string;
  items?: ItemParameters[];
  metadata?: Metadata | '';
  payment_behavior?: string;
  trial_end?: number | 'now';
  trial_period_days?: number;
  trial_settings?: { end_behavior: { missing_payment_method: string } };
}

function create({ sandbox, account, parameters }: Call<SubscriptionParameters>): object {
  const customer = getCustomer(account, parameters.customer ?? '', 'customer');
  const { items = [], trial_end: trialEnd, trial_period_days: trialDays } = parameters;
  if (items.length === 0) throw invalidParameter('Missing required param: items.', 'items', 'parameter_missing');
  const prices = items.map((item, index) => ({
    price: resolvePrice(sandbox, account, item, `items[${String(index)}]`),
    quantity: item.quantity ?? 1,
  }));
  if (prices.some(({ price }) => price.recurring === null)) {
    throw invalidParameter(
      'The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.',
      'items[0][price]',
    );
  }
  const now = sandbox.timeOf(account, customer.test_clock);
  const subscription = subscriptionObject(sandbox, {
    customer,
    prices,
    now,
    trialEnd: typeof trialEnd === 'number' ? trialEnd : trialDays === undefined ? null : now + trialDays * 86_400,
    collectionMethod: parameters.collection_method ?? 'charge_automatically',
    daysUntilDue: parameters.days_until_due ?? null,
    defaultPaymentMethod: parameters.default_payment_method ?? null,
    description: parameters.description ?? null,
    metadata: mergeMetadata({}, parameters.metadata),
    cancelAtPeriodEnd: parameters.cancel_at_period_end ?? false,
    missingPaymentMethod: parameters.trial_settings?.end_behavior.missing_payment_method ?? 'create_invoice',
  });
  begin(sandbox, account, subscription, parameters.payment_behavior ?? 'allow_incomplete');
  return subscription;
}

function update(call: Call<SubscriptionParameters>): object {
  const { sandbox, account, parameters } = call;
  const subscription = get(call);
  assertAlive(subscription);
  const before = { ...subscription };
  subscription.metadata = mergeMetadata(subscription.metadata, parameters.metadata);
  subscription.default_payment_method = parameters.default_payment_method ?? subscription.default_payment_method;
  if (parameters.description !== undefined) subscription.description = parameters.description || null;
  if (parameters.cancel_at_period_end !== undefined) setCancelAtPeriodEnd(call, subscription, parameters.cancel_at_period_end);
  if (parameters.items) changeItems(call, subscription, parameters.items);
  account.subscriptions.put(subscription);
  if (parameters.trial_end === 'now' && subscription.status === 'trialing') endTrial(sandbox, account, subscription);
  else sandbox.events.record(account, 'customer.subscription.updated', subscription, changedFields(before, subscription));
  return subscription;
}

function setCancelAtPeriodEnd({ sandbox, account }: Call<unknown>, subscription: Subscription, isSet: boolean): void {
  subscription.cancel_at_period_end = isSet;
  subscription.cancel_at = isSet ? (subscription.items.data[0]?.current_period_end ?? null) : null;
  subscription.canceled_at = isSet ? sandbox.timeOf(account, subscription.test_clock) : null;
  const reason = isSet ? 'cancellation_requested' : null;
  subscription.cancellation_details = { comment: null, feedback: null, feedback_option: null, reason };
}

function changeItems({ sandbox, account }: Call<unknown>, subscription: Subscription, changes: readonly ItemParameters[]): void {
  const { data } = subscription.items;
  for (const [index, change] of changes.entries()) {
    const kept = data.find((item) => item.id === change.id);
    const hasPrice = change.price !== undefined || change.price_data !== undefined;
    const price = hasPrice ? resolvePrice(sandbox, account, change, `items[${String(index)}]`) : kept?.price;
    if (!price) throw noSuch('subscription_item', change.id ?? '', `items[${String(index)}][id]`, 400);
    const period = { start: data[0]?.current_period_start ?? 0, end: data[0]?.current_period_end ?? 0 };
    const item = itemObject(sandbox, subscription.id, { price, quantity: change.quantity ?? kept?.quantity ?? 1 }, period);
    if (!kept) data.push(item);
    else if (change.deleted) data.splice(data.indexOf(kept), 1);
    else data[data.indexOf(kept)] = { ...item, id: kept.id };
  }
}

function cancel(call: Call): object {
  const subscription = get(call);
  assertAlive(subscription);
  subscription.cancellation_details = { comment: null, feedback: null, feedback_option: null, reason: 'cancellation_requested' };
  endSubscription(call.sandbox, call.account, subscription, 'canceled');
  return subscription;
}

function get(call: Call<unknown>): Subscription {
  const subscription = call.account.subscriptions.find(pathId(call));
  if (!subscription) throw noSuch('subscription', pathId(call));
  return subscription;
}

function assertAlive(subscription: Subscription): void {
  if (subscription.ended_at !== null) throw invalidState(`A canceled subscription can only update its cancellation_details and metadata.`);
}

function list(call: Call<ListParameters & { customer?: string; status?: string; price?: string }>): object {
  const { customer, status, price } = call.parameters;
  // Ended ones are listed only when they are asked for.
  const hasStatus = (each: Subscription) =>
    status === undefined
      ? each.status !== 'canceled'
      : status === 'all' || (status === 'ended' ? each.ended_at !== null : each.status === status);
  return listPage(
    call,
    call.account.subscriptions,
    (each) =>
      (customer === undefined || each.customer === customer) &&
      hasStatus(each) &&
      (price === undefined || each.items.data.some((item) => item.price.id === price)),
  );
}

/** Routes of subscriptions. */
export const subscriptionRoutes = [
  route('POST /v1/subscriptions', 'SubscriptionCreateParams', create),
  route('GET /v1/subscriptions', 'SubscriptionListParams', list),
  route('GET /v1/subscriptions/{id}', 'SubscriptionRetrieveParams', (call: Call) => get(call)),
  route('POST /v1/subscriptions/{id}', 'SubscriptionUpdateParams', update),
  route('DELETE /v1/subscriptions/{id}', 'SubscriptionCancelParams', cancel),
];
