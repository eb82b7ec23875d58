/**
 * The life of a subscription: its first invoice, its renewals, and its end.
 *
 * | status | by | becomes |
 * |---|---|---|
 * | incomplete | its first invoice paid, or 23 hours | active, incomplete_expired |
 * | trialing | the end of the trial | active, paused or canceled |
 * | active | a renewal that cannot be paid | past_due |
 * | past_due | its invoice paid, or the last retry failed | active, canceled |
 * | any | cancel | canceled |
 */
import { type Account } from '../account.js';
import { StripeError } from '../errors.js';
import { type Sandbox } from '../sandbox.js';
import { type StripeObject } from '../store.js';
import { changedFields, getCustomer } from './customer-object.js';
import { type Invoice, type InvoiceLine, lineOf, pricingOf } from './invoice-object.js';
import { draftInvoice, finalizeInvoice, payInvoice } from './invoices.js';
import { addInterval, type Subscription, type SubscriptionItem, type SubscriptionStatus } from './subscription-object.js';
import { type TestClock } from './test-clocks.js';

type DueAction = 'renew' | 'trial_will_end' | 'pay_invoice' | 'expire_incomplete';

/** Something due on a test clock; what is due on the sandbox's own clock is a job of that. */
export interface ClockDue extends StripeObject {
  object: 'clock_due';
  clockId: string;
  at: number;
  action: DueAction;
  subscriptionId: string;
  invoiceId: string;
}

const DAY_SECONDS = 86_400;
/** Stripe waits an hour between a renewal's draft and its payment. */
const DRAFT_SECONDS = 3_600;
const INCOMPLETE_SECONDS = 23 * 3_600;
const TRIAL_NOTICE_SECONDS = 3 * DAY_SECONDS;
/** Days after which a failed renewal is tried again; after the last the subscription is canceled. */
const RETRY_DAYS = [3, 5, 7];

/** Begins a kept subscription: first invoice, first payment, and what is due later. */
export function begin(sandbox: Sandbox, account: Account, subscription: Subscription, paymentBehavior: string): void {
  account.subscriptions.put(subscription);
  const invoice = invoiceFor(sandbox, account, subscription, 'subscription_create');
  sandbox.events.record(account, 'customer.subscription.created', subscription);
  if (subscription.trial_end !== null) planTrialNotice(sandbox, account, subscription, subscription.trial_end);
  finalizeInvoice(sandbox, account, invoice);
  if (subscription.status === 'incomplete') payFirst(sandbox, account, subscription, invoice, paymentBehavior);
  planRenewal(sandbox, account, subscription);
}

function planTrialNotice(sandbox: Sandbox, account: Account, subscription: Subscription, trialEnd: number): void {
  const now = sandbox.timeOf(account, subscription.test_clock);
  if (trialEnd - now <= TRIAL_NOTICE_SECONDS) sandbox.events.record(account, 'customer.subscription.trial_will_end', subscription);
  else plan(sandbox, account, subscription, trialEnd - TRIAL_NOTICE_SECONDS, 'trial_will_end');
}

function payFirst(sandbox: Sandbox, account: Account, subscription: Subscription, invoice: Invoice, behavior: string): void {
  if (subscription.collection_method === 'send_invoice') {
    move(sandbox, account, subscription, 'active');
    return;
  }
  const now = sandbox.timeOf(account, subscription.test_clock);
  plan(sandbox, account, subscription, now + INCOMPLETE_SECONDS, 'expire_incomplete');
  if (behavior === 'default_incomplete') return;
  try {
    payInvoice(sandbox, account, invoice, subscription.default_payment_method ?? undefined);
  } catch (error) {
    if (!(error instanceof StripeError)) throw error;
    // An incomplete subscription is an outcome; whoever wants an error instead asks for it.
    if (behavior === 'error_if_incomplete' || error.status === 400) {
      account.subscriptions.remove(subscription.id);
      throw error;
    }
  }
}

function invoiceFor(sandbox: Sandbox, account: Account, subscription: Subscription, billingReason: string): Invoice {
  const customer = getCustomer(account, subscription.customer, 'customer');
  const details = { metadata: subscription.metadata, subscription: subscription.id };
  const isFree = subscription.status === 'trialing';
  const invoice = draftInvoice(
    sandbox,
    account,
    {
      customer,
      currency: subscription.currency,
      now: sandbox.timeOf(account, customer.test_clock),
      billingReason,
      collectionMethod: subscription.collection_method,
      autoAdvance: true,
      defaultPaymentMethod: subscription.default_payment_method,
      ...(subscription.days_until_due === null ? {} : { daysUntilDue: subscription.days_until_due }),
      parent: { quote_details: null, subscription_details: details, type: 'subscription_details' },
    },
    subscription.items.data.map((item) => lineOfSubscription(sandbox, subscription, item, isFree)),
  );
  subscription.latest_invoice = invoice.id;
  account.subscriptions.put(subscription);
  return invoice;
}

function lineOfSubscription(sandbox: Sandbox, subscription: Subscription, item: SubscriptionItem, isFree: boolean): InvoiceLine {
  const { price, quantity } = item;
  const details = {
    invoice_item: null,
    proration: false,
    proration_details: null,
    subscription: subscription.id,
    subscription_item: item.id,
  };
  return lineOf(sandbox, {
    amount: isFree ? 0 : price.unit_amount * quantity,
    currency: price.currency,
    description: isFree ? 'Trial period' : `${String(quantity)} × ${price.product}`,
    metadata: subscription.metadata,
    parent: { invoice_item_details: null, subscription_item_details: details, type: 'subscription_item_details' },
    period: { start: item.current_period_start, end: item.current_period_end },
    pricing: pricingOf(price),
    quantity,
    subscription: subscription.id,
  });
}

/** The subscription that a paid invoice belongs to, if any, goes on. */
function invoiceSettled(sandbox: Sandbox, account: Account, invoice: Invoice): void {
  const subscription = account.subscriptions.find(invoice.parent?.subscription_details?.subscription ?? '');
  if (subscription?.status === 'incomplete' || subscription?.status === 'past_due') move(sandbox, account, subscription, 'active');
}

function move(sandbox: Sandbox, account: Account, subscription: Subscription, status: SubscriptionStatus): void {
  const previous = { status: subscription.status };
  subscription.status = status;
  account.subscriptions.put(subscription);
  sandbox.events.record(account, 'customer.subscription.updated', subscription, previous);
}

/** Ends a subscription at once. */
export function endSubscription(
  sandbox: Sandbox,
  account: Account,
  subscription: Subscription,
  status: 'canceled' | 'incomplete_expired',
): void {
  const now = sandbox.timeOf(account, subscription.test_clock);
  subscription.status = status;
  subscription.canceled_at ??= now;
  subscription.ended_at = now;
  account.subscriptions.put(subscription);
  const event = status === 'canceled' ? 'customer.subscription.deleted' : 'customer.subscription.updated';
  sandbox.events.record(account, event, subscription);
}

/** The trial is over: the first real period begins, or what the subscription says of a missing payment method. */
export function endTrial(sandbox: Sandbox, account: Account, subscription: Subscription): void {
  const customer = getCustomer(account, subscription.customer, 'customer');
  const hasMethod = (subscription.default_payment_method ?? customer.invoice_settings.default_payment_method) !== null;
  const { missing_payment_method: otherwise } = subscription.trial_settings.end_behavior;
  subscription.trial_end = sandbox.timeOf(account, subscription.test_clock);
  if (!hasMethod && otherwise === 'cancel') endSubscription(sandbox, account, subscription, 'canceled');
  else if (!hasMethod && otherwise === 'pause') {
    const previous = { status: subscription.status };
    subscription.status = 'paused';
    account.subscriptions.put(subscription);
    sandbox.events.record(account, 'customer.subscription.paused', subscription, previous);
  } else renew(sandbox, account, subscription);
}

function renew(sandbox: Sandbox, account: Account, subscription: Subscription): void {
  const before = { ...subscription };
  const start = sandbox.timeOf(account, subscription.test_clock);
  for (const item of subscription.items.data) {
    item.current_period_start = start;
    item.current_period_end = item.price.recurring ? addInterval(start, item.price.recurring) : start;
  }
  if (subscription.status === 'trialing') subscription.status = 'active';
  account.subscriptions.put(subscription);
  const invoice = invoiceFor(sandbox, account, subscription, 'subscription_cycle');
  sandbox.events.record(account, 'customer.subscription.updated', subscription, changedFields(before, subscription));
  plan(sandbox, account, subscription, start + DRAFT_SECONDS, 'pay_invoice', invoice.id);
  planRenewal(sandbox, account, subscription);
}

function payRenewal(sandbox: Sandbox, account: Account, subscription: Subscription, invoice: Invoice): void {
  if (invoice.status === 'draft') finalizeInvoice(sandbox, account, invoice);
  if (invoice.status !== 'open' || subscription.collection_method === 'send_invoice') return;
  try {
    payInvoice(sandbox, account, invoice);
    return;
  } catch (error) {
    // The invoice has told of its failure; what follows is the subscription's part.
    if (!(error instanceof StripeError)) throw error;
  }
  const retryDays = RETRY_DAYS[invoice.attempt_count - 1];
  if (retryDays === undefined) {
    endSubscription(sandbox, account, subscription, 'canceled');
    return;
  }
  const retryAt = sandbox.timeOf(account, subscription.test_clock) + retryDays * DAY_SECONDS;
  invoice.next_payment_attempt = retryAt;
  account.invoices.put(invoice);
  if (subscription.status !== 'past_due') move(sandbox, account, subscription, 'past_due');
  plan(sandbox, account, subscription, retryAt, 'pay_invoice', invoice.id);
}

function planRenewal(sandbox: Sandbox, account: Account, subscription: Subscription): void {
  const end = subscription.items.data[0]?.current_period_end;
  if (end !== undefined) plan(sandbox, account, subscription, end, 'renew');
}

function plan(sandbox: Sandbox, account: Account, subscription: Subscription, at: number, action: DueAction, invoiceId = ''): void {
  const { id: subscriptionId, test_clock: clockId } = subscription;
  if (clockId !== null) {
    account.clockDues.put({ id: sandbox.store.newId('due', 14), object: 'clock_due', clockId, at, action, subscriptionId, invoiceId });
    return;
  }
  const delayMs = at * 1_000 - sandbox.clock.nowMs();
  sandbox.clock.schedule('subscription', account.id, delayMs, { action, at, subscriptionId, invoiceId });
}

function runDue(sandbox: Sandbox, account: Account, due: Pick<ClockDue, 'action' | 'at' | 'subscriptionId' | 'invoiceId'>): void {
  const subscription = account.subscriptions.find(due.subscriptionId);
  if (!subscription || subscription.ended_at !== null || subscription.status === 'paused') return;
  switch (due.action) {
    case 'trial_will_end':
      if (subscription.status === 'trialing') sandbox.events.record(account, 'customer.subscription.trial_will_end', subscription);
      return;
    case 'expire_incomplete':
      if (subscription.status === 'incomplete') endSubscription(sandbox, account, subscription, 'incomplete_expired');
      return;
    case 'pay_invoice': {
      const invoice = account.invoices.find(due.invoiceId);
      if (invoice) payRenewal(sandbox, account, subscription, invoice);
      return;
    }
    case 'renew':
      // A period that was changed meanwhile has planned its own renewal.
      if (subscription.items.data[0]?.current_period_end !== due.at) return;
      if (subscription.cancel_at_period_end) endSubscription(sandbox, account, subscription, 'canceled');
      else if (subscription.status === 'trialing') endTrial(sandbox, account, subscription);
      else renew(sandbox, account, subscription);
  }
}

/** Runs everything due on a test clock up to `target`, each at its own time. */
export function bringToTime(sandbox: Sandbox, account: Account, clock: TestClock, target: number): void {
  for (;;) {
    let next: ClockDue | undefined;
    for (const due of account.clockDues.all()) {
      if (due.clockId === clock.id && due.at <= target && (!next || due.at < next.at)) next = due;
    }
    if (!next) return;
    account.clockDues.remove(next.id);
    clock.frozen_time = Math.max(clock.frozen_time, next.at);
    runDue(sandbox, account, next);
  }
}

/** Follows paid invoices, and does what time calls for. */
export function followSubscriptions(sandbox: Sandbox): void {
  sandbox.whenInvoicePaid.push((account, invoice) => {
    invoiceSettled(sandbox, account, invoice);
  });
  sandbox.clock.register('subscription', ({ accountId, details }) => {
    const { action, at, subscriptionId, invoiceId } = details;
    const due = { action: action as DueAction, at: Number(at), subscriptionId: String(subscriptionId), invoiceId: String(invoiceId) };
    runDue(sandbox, sandbox.account(accountId), due);
  });
}
