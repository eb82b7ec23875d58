/** Payments through the official SDK: made, authenticated, captured, canceled, refunded, and refused. */
import type Stripe from 'stripe';
import { TEST_CARDS } from '../../apps/stripe-sandbox/src/cards.js';
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

const CARD_ONLY = { automatic_payment_methods: { enabled: true, allow_redirects: 'never' as const } };

function pay(method: string, rest: Partial<Stripe.PaymentIntentCreateParams> = {}) {
  return stripe.paymentIntents.create({ amount: 1_099, currency: 'usd', payment_method: method, confirm: true, ...CARD_ONLY, ...rest });
}

describe('a payment', () => {
  it('succeeds with a charge that Radar finds normal', async () => {
    const intent = await pay('pm_card_visa', { metadata: { order: '7' }, expand: ['latest_charge'] });

    const charge = intent.latest_charge as Stripe.Charge;
    expect(intent.status).toBe('succeeded');
    expect(charge.outcome).toMatchObject({ type: 'authorized', network_status: 'approved_by_network', risk_level: 'normal' });
    expect(charge.metadata).toEqual({ order: '7' });
  });

  it('is created, confirmed and read in steps', async () => {
    const created = await stripe.paymentIntents.create({ amount: 500, currency: 'eur', ...CARD_ONLY });
    const confirmed = await stripe.paymentIntents.confirm(created.id, { payment_method: 'pm_card_mastercard' });
    const read = await stripe.paymentIntents.retrieve(created.id);

    expect(created.status).toBe('requires_payment_method');
    expect(confirmed.status).toBe('succeeded');
    expect(read).toMatchObject({ id: created.id, amount_received: 500 });
  });

  it('is captured in part when capture is manual', async () => {
    const intent = await pay('pm_card_visa', { capture_method: 'manual' });
    const captured = await stripe.paymentIntents.capture(intent.id, { amount_to_capture: 1_000 });

    expect(intent).toMatchObject({ status: 'requires_capture', amount_capturable: 1_099 });
    expect(captured).toMatchObject({ status: 'succeeded', amount_received: 1_000, amount_capturable: 0 });
  });

  it('refuses to capture more than was authorised, or twice', async () => {
    const intent = await pay('pm_card_visa', { capture_method: 'manual' });

    const tooMuch = await refusal(stripe.paymentIntents.capture(intent.id, { amount_to_capture: 1_100 }));
    await stripe.paymentIntents.capture(intent.id);
    const twice = await refusal(stripe.paymentIntents.capture(intent.id));

    expect(tooMuch).toMatchObject({ statusCode: 400, code: 'amount_too_large' });
    expect(twice).toMatchObject({ statusCode: 400, code: 'payment_intent_unexpected_state' });
  });

  it('releases an authorised amount when it is canceled, and cannot be canceled after success', async () => {
    const authorised = await pay('pm_card_visa', { capture_method: 'manual' });
    const paid = await pay('pm_card_visa');

    const canceled = await stripe.paymentIntents.cancel(authorised.id, { cancellation_reason: 'abandoned' });
    const tooLate = await refusal(stripe.paymentIntents.cancel(paid.id));

    expect(canceled).toMatchObject({ status: 'canceled', cancellation_reason: 'abandoned', amount_capturable: 0 });
    expect(tooLate).toMatchObject({ statusCode: 400, code: 'payment_intent_unexpected_state' });
  });

  it('raises an authorised amount when that was asked for', async () => {
    const options = { card: { request_incremental_authorization: 'if_available' as const } };
    const intent = await pay('pm_card_visa', { capture_method: 'manual', payment_method_options: options });

    const raised = await stripe.paymentIntents.incrementAuthorization(intent.id, { amount: 2_000 });

    expect(raised).toMatchObject({ amount: 2_000, amount_capturable: 2_000 });
  });

  it('is refused without a return URL when its methods may redirect', async () => {
    const error = await refusal(
      stripe.paymentIntents.create({ amount: 500, currency: 'usd', payment_method: 'pm_card_visa', confirm: true }),
    );

    expect(error.message).toContain('return_url');
  });

  it('does not take a payment method twice that has no customer', async () => {
    const method = await stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_visa' } });
    await pay(method.id);

    const error = await refusal(pay(method.id));

    expect(error.message).toContain('may not be used again');
  });
});

const DECLINES = TEST_CARDS.filter((card) => card.refusesAttach);

describe('a declining card', () => {
  it.each(DECLINES.map((card) => [card.names[0] ?? '', card] as const))('%s answers 402 with its own code', async (name, card) => {
    const error = await refusal(pay(`pm_card_${name}`));

    const intent = error.payment_intent;
    expect(error).toMatchObject({ statusCode: 402, rawType: 'card_error', code: card.decline?.code });
    expect(error.decline_code).toBe(card.decline?.declineCode ?? '');
    expect(intent).toMatchObject({ status: 'requires_payment_method', payment_method: null });
    const charge = await stripe.charges.retrieve(error.charge ?? '');
    expect(charge).toMatchObject({ status: 'failed', failure_code: card.decline?.code, paid: false });
  });

  it.each(DECLINES.map((card) => [card.names[0] ?? '']))('%s cannot be attached to a customer', async (name) => {
    const customer = await stripe.customers.create({});

    const error = await refusal(stripe.paymentMethods.attach(`pm_card_${name}`, { customer: customer.id }));

    expect(error.statusCode).toBe(402);
  });

  it('that attaches and then fails is declined when charged', async () => {
    const customer = await stripe.customers.create({});
    const method = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });

    const error = await refusal(pay(method.id, { customer: customer.id }));

    expect(error.code).toBe('card_declined');
  });

  it('that Radar blocks was never sent to the network', async () => {
    const error = await refusal(pay('pm_card_radarBlock'));

    const charge = await stripe.charges.retrieve(error.charge ?? '');
    expect(charge.outcome).toMatchObject({ type: 'blocked', network_status: 'not_sent_to_network', reason: 'highest_risk_level' });
  });

  it.each([
    ['incorrect_number', { number: '4242424242424241' }],
    ['invalid_expiry_month', { number: '4242424242424242', exp_month: 13 }],
    ['invalid_expiry_year', { number: '4242424242424242', exp_month: 1, exp_year: 1_995 }],
    ['invalid_cvc', { number: '4242424242424242', exp_month: 1, exp_year: 2_040, cvc: '99' }],
  ])('is told %s', async (code, card) => {
    const details = { exp_month: 1, exp_year: 2_040, ...card };

    const error = await refusal(stripe.paymentMethods.create({ type: 'card', card: details }));

    expect(error).toMatchObject({ statusCode: 402, code });
  });
});

describe('3-D Secure', () => {
  it('sends the payer to a page of the sandbox and back', async () => {
    const intent = await pay('pm_card_authenticationRequired', { return_url: 'https://shop.test/back?order=7' });
    const page = intent.next_action?.redirect_to_url?.url ?? '';

    const shown = await fetch(page);
    const answered = await fetch(page, { method: 'POST', body: new URLSearchParams({ outcome: 'succeed' }), redirect: 'manual' });

    expect(intent).toMatchObject({ status: 'requires_action', latest_charge: null });
    expect(await shown.text()).toContain('Complete authentication');
    expect(answered.headers.get('location')).toContain('https://shop.test/back?order=7&payment_intent=');
    expect((await stripe.paymentIntents.retrieve(intent.id)).status).toBe('succeeded');
  });

  it('that fails leaves the intent waiting for another method', async () => {
    const intent = await pay('pm_card_authenticationRequired');

    await control(running.url, `payment_intents/${intent.id}/authenticate`, { outcome: 'fail' });

    const read = await stripe.paymentIntents.retrieve(intent.id);
    expect(read.status).toBe('requires_payment_method');
    expect(read.last_payment_error).toMatchObject({ code: 'payment_intent_authentication_failure' });
  });

  it('can be passed and the card declined all the same', async () => {
    const intent = await pay('pm_card_authenticationRequiredChargeDeclinedInsufficientFunds');

    await control(running.url, `payment_intents/${intent.id}/authenticate`, { outcome: 'succeed' });

    const read = await stripe.paymentIntents.retrieve(intent.id);
    expect(read.last_payment_error).toMatchObject({ code: 'card_declined', decline_code: 'insufficient_funds' });
  });

  it('is refused at once when nobody is there to do it', async () => {
    const offSession = await refusal(pay('pm_card_authenticationRequired', { off_session: true }));
    const unhandled = await refusal(pay('pm_card_authenticationRequired', { error_on_requires_action: true }));

    expect(offSession).toMatchObject({ statusCode: 402, code: 'authentication_required', decline_code: 'authentication_required' });
    expect(unhandled).toMatchObject({ statusCode: 402, code: 'authentication_required', decline_code: 'authentication_not_handled' });
  });

  it('waits for the server to confirm again when confirmation is manual', async () => {
    const intent = await pay('pm_card_authenticationRequired', { confirmation_method: 'manual' });
    await control(running.url, `payment_intents/${intent.id}/authenticate`, { outcome: 'succeed' });

    const waiting = await stripe.paymentIntents.retrieve(intent.id);
    const confirmed = await stripe.paymentIntents.confirm(intent.id);

    expect(waiting.status).toBe('requires_confirmation');
    expect(confirmed.status).toBe('succeeded');
  });

  it('spares off-session payments of a card that was set up for them', async () => {
    const intent = await pay('pm_card_authenticationRequiredSetupForOffSession', { off_session: true });

    expect(intent.status).toBe('succeeded');
  });
});

describe('a refund', () => {
  it('is given in parts until nothing is left', async () => {
    const intent = await pay('pm_card_visa');

    const first = await stripe.refunds.create({ payment_intent: intent.id, amount: 99, reason: 'requested_by_customer' });
    const tooMuch = await refusal(stripe.refunds.create({ payment_intent: intent.id, amount: 1_001 }));
    const rest = await stripe.refunds.create({ payment_intent: intent.id });
    const none = await refusal(stripe.refunds.create({ payment_intent: intent.id }));

    expect(first).toMatchObject({ status: 'succeeded', amount: 99 });
    expect(tooMuch.message).toContain('greater than unrefunded amount');
    expect(rest.amount).toBe(1_000);
    expect(none.code).toBe('charge_already_refunded');
  });

  it('needs a successful charge', async () => {
    const intent = await stripe.paymentIntents.create({ amount: 500, currency: 'usd' });

    const error = await refusal(stripe.refunds.create({ payment_intent: intent.id }));

    expect(error.statusCode).toBe(400);
  });
});

describe('the ledger', () => {
  it('holds every charge with what ties it to the caller', async () => {
    const intent = await pay('pm_card_visa', { metadata: { payment_id: 'pay_1' } });

    const { charges } = await control<{ charges: { payment_intent: string; metadata: object; captured: boolean }[] }>(
      running.url,
      'ledger',
    );

    const own = charges.filter((charge) => charge.payment_intent === intent.id);
    expect(own).toEqual([expect.objectContaining({ amount: 1_099, captured: true, metadata: { payment_id: 'pay_1' } })]);
  });
});
