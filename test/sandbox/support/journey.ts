/** A day at a shop: makes nearly every kind of event that the sandbox knows. */
import type Stripe from 'stripe';
import { control } from './sandbox.js';

const CARD_ONLY = { automatic_payment_methods: { enabled: true, allow_redirects: 'never' as const } };

/** Runs the day against a sandbox whose clock it moves. */
export async function liveThroughADay(stripe: Stripe, url: string): Promise<void> {
  await payments(stripe, url);
  await disputes(stripe, url);
  await setUps(stripe, url);
  await billing(stripe);
  await control(url, 'clock', { advance_seconds: 3 * 86_400 });
  const payout = await stripe.payouts.create({ amount: 100, currency: 'usd' });
  await stripe.payouts.update(payout.id, { metadata: { week: '1' } });
  await control(url, `payouts/${payout.id}`, { outcome: 'failed' });
}

function pay(stripe: Stripe, method: string, rest: Partial<Stripe.PaymentIntentCreateParams> = {}) {
  return stripe.paymentIntents.create({ amount: 2_000, currency: 'usd', payment_method: method, confirm: true, ...CARD_ONLY, ...rest });
}

async function payments(stripe: Stripe, url: string): Promise<void> {
  const paid = await pay(stripe, 'pm_card_visa');
  await stripe.refunds.create({ payment_intent: paid.id, amount: 500 });
  await stripe.refunds.create({ payment_intent: (await pay(stripe, 'pm_card_refundFail')).id });
  await pay(stripe, 'pm_card_chargeDeclined').catch(() => 'declined');
  const challenged = await pay(stripe, 'pm_card_authenticationRequired');
  await control(url, `payment_intents/${challenged.id}/authenticate`, { outcome: 'succeed' });
  const reserved = await pay(stripe, 'pm_card_visa', { capture_method: 'manual' });
  await stripe.paymentIntents.capture(reserved.id);
  const dropped = await pay(stripe, 'pm_card_visa', { capture_method: 'manual' });
  await stripe.paymentIntents.cancel(dropped.id);
  await pay(stripe, 'pm_card_riskLevelElevated');
  await pay(stripe, 'pm_card_createIssuerFraudRecord');
  await control(url, 'clock', { advance_seconds: 10 });
}

async function disputes(stripe: Stripe, url: string): Promise<void> {
  const won = await pay(stripe, 'pm_card_createDispute');
  await control(url, 'clock', { advance_seconds: 2 });
  const [dispute] = (await stripe.disputes.list({ payment_intent: won.id })).data;
  await stripe.disputes.update(dispute?.id ?? '', { evidence: { uncategorized_text: 'winning_evidence' } });
  await control(url, 'clock', { advance_seconds: 2 });
}

async function setUps(stripe: Stripe, url: string): Promise<void> {
  await stripe.setupIntents.create({ payment_method: 'pm_card_visa', confirm: true });
  await stripe.setupIntents.create({ payment_method: 'pm_card_chargeDeclined', confirm: true }).catch(() => 'declined');
  const waiting = await stripe.setupIntents.create({ payment_method: 'pm_card_authenticationRequired', confirm: true });
  await control(url, `setup_intents/${waiting.id}/authenticate`, { outcome: 'fail' });
  await stripe.setupIntents.cancel(waiting.id);
}

async function billing(stripe: Stripe): Promise<void> {
  const customer = await stripe.customers.create({
    email: 'ada@example.com',
    payment_method: 'pm_card_visa',
    invoice_settings: { default_payment_method: 'pm_card_visa' },
  });
  const product = await stripe.products.create({ name: 'Coffee' });
  await stripe.products.update(product.id, { name: 'Tea' });
  const price = await stripe.prices.create({ product: product.id, unit_amount: 700, currency: 'usd', recurring: { interval: 'month' } });
  await stripe.prices.update(price.id, { metadata: { cup: 'large' } });
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  await stripe.subscriptions.update(subscription.id, { metadata: { plan: 'daily' } });
  await stripe.subscriptions.cancel(subscription.id);
  await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], trial_period_days: 2 });
  const invoice = async () => {
    await stripe.invoiceItems.create({ customer: customer.id, amount: 700, currency: 'usd' });
    return stripe.invoices.create({ customer: customer.id, pending_invoice_items_behavior: 'include' });
  };
  await stripe.invoices.voidInvoice((await stripe.invoices.finalizeInvoice((await invoice()).id)).id);
  await stripe.invoices.pay((await invoice()).id, { payment_method: 'pm_card_chargeDeclined' }).catch(() => 'declined');
  await stripe.invoices.del((await invoice()).id);
  const item = { price_data: { currency: 'usd', product: product.id, unit_amount: 900 }, quantity: 1 };
  const session = await stripe.checkout.sessions.create({ mode: 'payment', success_url: 'https://shop.test', line_items: [item] });
  await stripe.checkout.sessions.expire(session.id);
  await stripe.customers.update(customer.id, { name: 'Ada' });
  await stripe.customers.del((await stripe.customers.create({})).id);
}
