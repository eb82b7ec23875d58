/** What comes after a payment: disputes, warnings, reviews, late refunds, payouts. Time is the sandbox's own and is moved by hand. */
import type Stripe from 'stripe';
import { type RunningSandbox } from '../../apps/stripe-sandbox/src/server.js';
import { refusal } from './support/refusal.js';
import { control, startSandbox } from './support/sandbox.js';

let running: RunningSandbox & { stripe: Stripe };
let stripe: Stripe;

beforeAll(async () => {
  running = await startSandbox();
  ({ stripe } = running);
  await control(running.url, 'clock', { frozen: true });
});

afterAll(() => running.close());

const DAY = 86_400;

function pass(seconds: number) {
  return control(running.url, 'clock', { advance_seconds: seconds });
}

function pay(method: string, rest: Partial<Stripe.PaymentIntentCreateParams> = {}) {
  const automatic = { enabled: true, allow_redirects: 'never' as const };
  return stripe.paymentIntents.create({
    amount: 2_200,
    currency: 'usd',
    payment_method: method,
    confirm: true,
    automatic_payment_methods: automatic,
    ...rest,
  });
}

async function disputeOf(intent: Stripe.PaymentIntent): Promise<Stripe.Dispute> {
  const { data } = await stripe.disputes.list({ payment_intent: intent.id });
  const [dispute] = data;
  if (!dispute) throw new Error('there is no dispute');
  return dispute;
}

async function eventTypes(objectId: string): Promise<string[]> {
  const { data } = await stripe.events.list({ limit: 100 });
  return data.filter((event) => (event.data.object as { id?: string }).id === objectId).map((event) => event.type);
}

describe('a chargeback', () => {
  it('takes the money and a fee, and the charge cannot be refunded', async () => {
    const intent = await pay('pm_card_createDispute');
    await pass(1);

    const dispute = await disputeOf(intent);
    const refused = await refusal(stripe.refunds.create({ payment_intent: intent.id }));

    expect(dispute).toMatchObject({ status: 'needs_response', reason: 'fraudulent', amount: 2_200 });
    expect(dispute.balance_transactions[0]).toMatchObject({
      amount: -2_200,
      fee: 1_500,
      net: -3_700,
      type: 'adjustment',
      reporting_category: 'dispute',
    });
    expect(refused.message).toContain('has been charged back; cannot issue a refund.');
    expect(await eventTypes(dispute.id)).toEqual(['charge.dispute.funds_withdrawn', 'charge.dispute.created']);
  });

  it.each([
    ['winning_evidence', 'won', 'charge.dispute.funds_reinstated'],
    ['losing_evidence', 'lost', 'charge.dispute.closed'],
  ])('with %s is %s', async (text, status, event) => {
    const intent = await pay('pm_card_createDisputeProductNotReceived');
    await pass(1);
    const { id } = await disputeOf(intent);

    const answered = await stripe.disputes.update(id, { evidence: { uncategorized_text: text } });
    await pass(2);

    expect(answered.status).toBe('under_review');
    expect((await stripe.disputes.retrieve(id)).status).toBe(status);
    expect(await eventTypes(id)).toContain(event);
  });

  it('is lost when nobody answers in time', async () => {
    const intent = await pay('pm_card_createDispute');
    await pass(1);
    const { id } = await disputeOf(intent);

    await pass(9 * DAY);

    expect((await stripe.disputes.retrieve(id)).status).toBe('lost');
  });

  it('fails a refund that had not left yet', async () => {
    const intent = await pay('pm_card_createDispute');
    const refund = await stripe.refunds.create({ payment_intent: intent.id });
    await pass(1);

    const failed = await stripe.refunds.retrieve(refund.id);

    expect(failed).toMatchObject({ status: 'failed', failure_reason: 'charge_for_pending_refund_disputed' });
  });

  it('spares a payer who passed 3-D Secure', async () => {
    const options = { card: { request_three_d_secure: 'challenge' as const } };
    const intent = await pay('pm_card_createDispute', { payment_method_options: options });
    await control(running.url, `payment_intents/${intent.id}/authenticate`, { outcome: 'succeed' });
    await pass(1);

    const { data } = await stripe.disputes.list({ payment_intent: intent.id });

    expect(intent.status).toBe('requires_action');
    expect(data).toEqual([]);
  });
});

describe('an inquiry', () => {
  it('moves no money and ends with its close', async () => {
    const intent = await pay('pm_card_createDisputeInquiry');
    await pass(1);
    const { id, balance_transactions: transactions } = await disputeOf(intent);

    const closed = await stripe.disputes.close(id);

    expect(transactions).toEqual([]);
    expect(closed.status).toBe('warning_closed');
  });

  it('can become a chargeback', async () => {
    const intent = await pay('pm_card_createDisputeInquiry');
    await pass(1);
    const { id } = await disputeOf(intent);

    const answered = await stripe.disputes.update(id, { evidence: { uncategorized_text: 'escalate_inquiry_evidence' } });
    await pass(6);

    expect(answered.status).toBe('warning_under_review');
    expect((await stripe.disputes.retrieve(id)).status).toBe('needs_response');
  });
});

describe('Radar', () => {
  it('warns early of fraud', async () => {
    const intent = await pay('pm_card_createIssuerFraudRecord');
    await pass(1);

    const { data } = await stripe.radar.earlyFraudWarnings.list({ payment_intent: intent.id });

    expect(data).toEqual([expect.objectContaining({ actionable: true, fraud_type: 'made_with_stolen_card' })]);
  });

  it('puts a payment of elevated risk before a person', async () => {
    const intent = await pay('pm_card_riskLevelElevated');
    const { data } = await stripe.reviews.list();
    const review = data.find((each) => each.payment_intent === intent.id);

    const approved = await stripe.reviews.approve(review?.id ?? '');

    expect(review?.open).toBe(true);
    expect(approved).toMatchObject({ open: false, closed_reason: 'approved' });
    expect(await eventTypes(approved.id)).toEqual(['review.closed', 'review.opened']);
  });
});

describe('a late refund', () => {
  it('is pending, then succeeds', async () => {
    const intent = await pay('pm_card_pendingRefund');
    const refund = await stripe.refunds.create({ payment_intent: intent.id });
    await pass(10);

    expect(refund.status).toBe('pending');
    expect((await stripe.refunds.retrieve(refund.id)).status).toBe('succeeded');
    expect(await eventTypes(refund.id)).toContain('refund.updated');
  });

  it('succeeds, then fails, and the money is back', async () => {
    const intent = await pay('pm_card_refundFail');
    const refund = await stripe.refunds.create({ payment_intent: intent.id });
    await pass(10);

    const failed = await stripe.refunds.retrieve(refund.id);
    const { refunded } = await stripe.charges.retrieve(refund.charge as string);
    expect(refund.status).toBe('succeeded');
    expect(failed.status).toBe('failed');
    expect(refunded).toBe(false);
    expect(await eventTypes(refund.id)).toContain('refund.failed');
  });
});

describe('an authorisation', () => {
  it('ends after seven days without a capture', async () => {
    const intent = await pay('pm_card_visa', { capture_method: 'manual' });

    await pass(8 * DAY);

    const read = await stripe.paymentIntents.retrieve(intent.id);
    expect(read).toMatchObject({ status: 'canceled', cancellation_reason: 'automatic' });
    expect(await eventTypes(intent.latest_charge as string)).toContain('charge.expired');
  });
});

describe('the balance', () => {
  it('becomes available after two days, less the fee, and can be paid out', async () => {
    await pay('pm_card_visa', { currency: 'eur', amount: 10_000 });
    const before = await stripe.balance.retrieve();
    const refused = await refusal(stripe.payouts.create({ amount: 5_000, currency: 'eur' }));
    await pass(3 * DAY);

    const after = await stripe.balance.retrieve();
    const payout = await stripe.payouts.create({ amount: 9_680, currency: 'eur' });
    await pass(2 * DAY);

    expect(before.pending.find((each) => each.currency === 'eur')?.amount).toBe(9_680);
    expect(refused.code).toBe('balance_insufficient');
    expect(after.available.find((each) => each.currency === 'eur')?.amount).toBe(9_680);
    expect(payout.status).toBe('pending');
    expect((await stripe.payouts.retrieve(payout.id)).status).toBe('paid');
  });

  it('learns of a charge by charge.updated, two seconds later', async () => {
    const intent = await pay('pm_card_visa', { expand: ['latest_charge'] });
    await pass(3);

    const charge = await stripe.charges.retrieve((intent.latest_charge as Stripe.Charge).id, { expand: ['balance_transaction'] });
    expect((intent.latest_charge as Stripe.Charge).balance_transaction).toBeNull();
    expect(charge.balance_transaction).toMatchObject({ amount: 2_200, fee: 94, net: 2_106 });
    expect(await eventTypes(charge.id)).toEqual(['charge.updated', 'charge.succeeded']);
  });
});
