/** Set-up methods, subscriptions, invoices, Checkout, Terminal, test clocks. */
import type Stripe from 'stripe';
import { type RunningSandbox } from '../../apps/stripe-sandbox/src/server.js';
import { refusal } from './support/refusal.js';
import { control, startSandbox } from './support/sandbox.js';

let running: RunningSandbox & { stripe: Stripe };
let stripe: Stripe;

beforeAll(async () => {
  running = await startSandbox();
  ({ stripe } = running);
});

afterAll(() => running.close());

async function aPrice(interval?: 'month'): Promise<Stripe.Price> {
  const product = await stripe.products.create({ name: 'Coffee' });
  return stripe.prices.create({
    product: product.id,
    unit_amount: 1_500,
    currency: 'usd',
    ...(interval ? { recurring: { interval } } : {}),
  });
}

async function aCustomer(method: string, testClock?: string): Promise<Stripe.Customer> {
  const customer = await stripe.customers.create({
    email: 'ada@example.com',
    ...(testClock === undefined ? {} : { test_clock: testClock }),
  });
  const { id } = await stripe.paymentMethods.attach(method, { customer: customer.id });
  return stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: id } });
}

describe('a setup intent', () => {
  it('makes a method ready for payments without its owner', async () => {
    const customer = await stripe.customers.create({});
    const setup = await stripe.setupIntents.create({
      customer: customer.id,
      payment_method: 'pm_card_authenticationRequiredOnSetup',
      confirm: true,
      return_url: 'https://shop.test',
    });
    await control(running.url, `setup_intents/${setup.id}/authenticate`, { outcome: 'succeed' });

    const method = (await stripe.setupIntents.retrieve(setup.id)).payment_method as string;
    const payment = await stripe.paymentIntents.create({
      amount: 500,
      currency: 'usd',
      customer: customer.id,
      payment_method: method,
      confirm: true,
      off_session: true,
    });

    expect(setup.status).toBe('requires_action');
    expect(payment.status).toBe('succeeded');
  });

  it('is refused with a card that cannot be attached', async () => {
    const error = await refusal(stripe.setupIntents.create({ payment_method: 'pm_card_chargeDeclined', confirm: true }));

    expect(error).toMatchObject({ statusCode: 402, code: 'card_declined' });
    expect(error.setup_intent?.status).toBe('requires_payment_method');
  });

  it('is canceled once', async () => {
    const setup = await stripe.setupIntents.create({});

    const canceled = await stripe.setupIntents.cancel(setup.id);
    const again = await refusal(stripe.setupIntents.cancel(setup.id));

    expect(canceled.status).toBe('canceled');
    expect(again.code).toBe('setup_intent_unexpected_state');
  });
});

describe('a subscription', () => {
  it('pays its first invoice and renews with its test clock', async () => {
    const clock = await stripe.testHelpers.testClocks.create({ frozen_time: 1_767_225_600 });
    const customer = await aCustomer('pm_card_visa', clock.id);
    const price = await aPrice('month');

    const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
    await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: 1_767_225_600 + 33 * 86_400 });

    const { data: invoices } = await stripe.invoices.list({ subscription: subscription.id });
    expect(subscription.status).toBe('active');
    expect(invoices.map((invoice) => [invoice.billing_reason, invoice.status, invoice.amount_paid])).toEqual([
      ['subscription_cycle', 'paid', 1_500],
      ['subscription_create', 'paid', 1_500],
    ]);
  });

  it('is past due when a renewal fails, and canceled after the last retry', async () => {
    const clock = await stripe.testHelpers.testClocks.create({ frozen_time: 1_767_225_600 });
    const customer = await aCustomer('pm_card_visa', clock.id);
    const price = await aPrice('month');
    const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
    const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
    await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: bad.id } });

    await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: 1_767_225_600 + 32 * 86_400 });
    const late = await stripe.subscriptions.retrieve(subscription.id);
    await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: 1_767_225_600 + 50 * 86_400 });

    expect(late.status).toBe('past_due');
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('canceled');
  });

  it('stays incomplete when its first payment fails', async () => {
    const customer = await aCustomer('pm_card_chargeCustomerFail');
    const price = await aPrice('month');

    const subscription = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      expand: ['latest_invoice.payments'],
    });

    expect(subscription.status).toBe('incomplete');
    expect(subscription.latest_invoice).toMatchObject({ status: 'open', amount_due: 1_500 });
  });

  it('is free during its trial and ends at once when canceled', async () => {
    const customer = await aCustomer('pm_card_visa');
    const price = await aPrice('month');

    const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], trial_period_days: 14 });
    const canceled = await stripe.subscriptions.cancel(subscription.id);

    expect(subscription.status).toBe('trialing');
    expect(canceled.status).toBe('canceled');
  });
});

describe('an invoice', () => {
  it('takes the waiting items, is finalized and paid', async () => {
    const customer = await aCustomer('pm_card_visa');
    await stripe.invoiceItems.create({ customer: customer.id, amount: 700, currency: 'usd' });
    const draft = await stripe.invoices.create({ customer: customer.id, pending_invoice_items_behavior: 'include' });

    const open = await stripe.invoices.finalizeInvoice(draft.id);
    const paid = await stripe.invoices.pay(open.id);

    expect(draft).toMatchObject({ status: 'draft', amount_due: 700 });
    expect(open.status).toBe('open');
    expect(paid).toMatchObject({ status: 'paid', amount_paid: 700, amount_remaining: 0 });
  });

  it('is voided with its payment intent', async () => {
    const customer = await stripe.customers.create({});
    await stripe.invoiceItems.create({ customer: customer.id, amount: 700, currency: 'usd' });
    const { id } = await stripe.invoices.create({ customer: customer.id, pending_invoice_items_behavior: 'include' });
    await stripe.invoices.finalizeInvoice(id);

    const voided = await stripe.invoices.voidInvoice(id);
    const refused = await refusal(stripe.invoices.pay(id));

    expect(voided.status).toBe('void');
    expect(refused.statusCode).toBe(400);
  });
});

describe('Checkout', () => {
  it('sells and tells', async () => {
    const price = await aPrice();
    const session = await stripe.checkout.sessions.create({
      mode: 'payment',
      success_url: 'https://shop.test/{CHECKOUT_SESSION_ID}',
      line_items: [{ price: price.id, quantity: 2 }],
    });

    const page = await fetch(session.url ?? '', {
      method: 'POST',
      body: new URLSearchParams({ payment_method: 'pm_card_visa' }),
      redirect: 'manual',
    });
    const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ['payment_intent', 'line_items'] });

    expect(page.headers.get('location')).toBe(`https://shop.test/${session.id}`);
    expect(done).toMatchObject({ status: 'complete', payment_status: 'paid', amount_total: 3_000 });
    expect((done.payment_intent as Stripe.PaymentIntent).status).toBe('succeeded');
    expect(done.line_items?.data).toHaveLength(1);
  });

  it('starts a subscription', async () => {
    const price = await aPrice('month');
    const session = await stripe.checkout.sessions.create({
      mode: 'subscription',
      success_url: 'https://shop.test',
      line_items: [{ price: price.id, quantity: 1 }],
    });

    await control(running.url, `checkout/sessions/${session.id}/complete`, {});

    const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription'] });
    expect((done.subscription as Stripe.Subscription).status).toBe('active');
  });

  it('expires', async () => {
    const price = await aPrice();
    const session = await stripe.checkout.sessions.create({
      mode: 'payment',
      success_url: 'https://shop.test',
      line_items: [{ price: price.id, quantity: 1 }],
    });

    const expired = await stripe.checkout.sessions.expire(session.id);

    expect(expired).toMatchObject({ status: 'expired', url: null });
  });
});

describe('a reader', () => {
  async function present(amount: number): Promise<{ reader: Stripe.Terminal.Reader; intent: Stripe.PaymentIntent }> {
    const location = await stripe.terminal.locations.create({
      display_name: 'Shop',
      address: { line1: '1 Main St', city: 'Springfield', state: 'OR', country: 'US', postal_code: '97477' },
    });
    const { id } = await stripe.terminal.readers.create({ registration_code: 'simulated-wpe', location: location.id });
    const { id: intentId } = await stripe.paymentIntents.create({
      amount,
      currency: 'usd',
      allowed_payment_method_types: ['card_present'],
    });
    await stripe.terminal.readers.processPaymentIntent(id, { payment_intent: intentId });
    const busy = await refusal(stripe.terminal.readers.processPaymentIntent(id, { payment_intent: intentId }));
    expect(busy.code).toBe('terminal_reader_busy');
    const reader = await stripe.testHelpers.terminal.readers.presentPaymentMethod(id);
    return { reader, intent: await stripe.paymentIntents.retrieve(intentId) };
  }

  it('takes a card', async () => {
    const { reader, intent } = await present(2_000);

    expect(reader.action).toMatchObject({ status: 'succeeded', type: 'process_payment_intent' });
    expect(intent.status).toBe('succeeded');
  });

  it.each([
    [2_001, 'call_issuer'],
    [2_005, 'generic_decline'],
    [2_055, 'incorrect_pin'],
    [2_065, 'withdrawal_count_limit_exceeded'],
    [2_075, 'pin_try_exceeded'],
  ])('declines %i with %s', async (amount, declineCode) => {
    const { reader, intent } = await present(amount);

    expect(reader.action).toMatchObject({ status: 'failed', failure_code: 'card_declined' });
    expect(intent.last_payment_error?.decline_code).toBe(declineCode);
  });

  it('gives out connection tokens', async () => {
    const token = await stripe.terminal.connectionTokens.create();

    expect(token.secret).toMatch(/^pst_test_/);
  });
});

describe('every event so far', () => {
  it('is as the types of the SDK say', async () => {
    const events = await stripe.events.list({ limit: 100 }).autoPagingToArray({ limit: 1_000 });

    expect(new Set(events.map((event) => event.type)).size).toBeGreaterThan(30);
  });
});
