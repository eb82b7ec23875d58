/** What Stripe says of fraud lands in the fraud engine: disputes, early fraud warnings and reviews, once each, whatever the order. */
import { FraudWarnings } from '#payments';
import { presentTransactionsEnded, waitFor } from '#test';
import { TestSystem } from '../support/test-system.js';

let system: TestSystem;
let serial = 0;

beforeAll(async () => {
  system = await TestSystem.start({ environment: { FRAUD_WARNING_REFUND_UP_TO: 'eur:2000,usd:1500' } });
}, 60_000);
afterAll(() => system.stop());

async function pay(
  paymentMethod: string,
  parts: Readonly<Record<string, unknown>> = {},
): Promise<{ id: string; stripePaymentIntentId: string }> {
  const { id: deviceId } = await system.device();
  const { status, body, text } = await system.call('POST', '/api/payments', {
    key: `truth-${String(++serial)}`,
    body: { amount: 5_000, currency: 'usd', deviceId, paymentMethod, ...parts },
  });
  if (status !== 201) throw new Error(text);
  return body;
}

/** The sandbox's time goes on: what was scheduled after the payment happens now. */
const pass = (seconds: number) => system.control('POST', '/_sandbox/clock', { advance_seconds: seconds });

const labelsOf = (paymentId: string) =>
  system.database.query<{ source: string; fraud: boolean }>(
    'select source, is_fraud as fraud from fraud_labels where payment_id = $1 order by sequence',
    [paymentId],
  );
const reviewsOf = (paymentId: string) =>
  system.database.query<{ id: string; stripeId: string; reason: string | null; done: boolean }>(
    `select id, stripe_review_id as "stripeId", closed_reason as reason, effect_done_at is not null as done from fraud_reviews where payment_id = $1`,
    [paymentId],
  );
const disputesOf = (paymentId: string) =>
  system.database.query<{ stripeId: string; status: string }>(
    'select stripe_dispute_id as "stripeId", status from disputes where payment_id = $1',
    [paymentId],
  );

/** Asks the sandbox as Stripe's dashboard would. */
async function stripe(path: string, form: Readonly<Record<string, string>> = {}): Promise<void> {
  const response = await fetch(`${system.sandbox.url}/v1/${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk_test_0123456789abcdef', 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  });
  if (!response.ok) throw new Error(await response.text());
}

describe('a dispute', () => {
  it('that says fraud labels the payment, and takes it back when it is won', async () => {
    const { id } = await pay('pm_card_createDispute');
    await pass(1);
    await waitFor(async () => (await labelsOf(id)).length === 1);
    const before = await labelsOf(id);
    const [dispute] = await disputesOf(id);

    await stripe(`disputes/${dispute?.stripeId ?? ''}`, { 'evidence[uncategorized_text]': 'winning_evidence' });
    await pass(2);
    await waitFor(async () => (await labelsOf(id)).length === 2);

    expect(before).toEqual([{ source: 'dispute', fraud: true }]);
    expect(await labelsOf(id)).toEqual([
      { source: 'dispute', fraud: true },
      { source: 'dispute', fraud: false },
    ]);
  });

  it.each(['pm_card_createDisputeProductNotReceived', 'pm_card_createDisputeInquiry'])('of %s claims no fraud', async (method) => {
    const { id } = await pay(method);
    await pass(1);
    await waitFor(async () => (await disputesOf(id)).length === 1);

    expect(await labelsOf(id)).toEqual([]);
  });
});

describe('an early fraud warning', () => {
  it('labels the payment, shows in its timeline and tells the merchant', async () => {
    const { id } = await pay('pm_card_createIssuerFraudRecord');
    await pass(1);
    await waitFor(async () => (await labelsOf(id)).length === 1);

    const timeline = (await system.call('GET', `/api/payments/${id}/timeline`)).body.data as { kind: string; details: object }[];
    await presentTransactionsEnded(system.database);
    const { body } = await system.call('GET', '/api/events?limit=100');
    const told = (body.data as { type: string; data: { object: { paymentId: string } } }[]).filter(
      ({ data }) => data.object.paymentId === id,
    );

    expect(await labelsOf(id)).toEqual([{ source: 'early_fraud_warning', fraud: true }]);
    expect(timeline.filter(({ kind }) => kind === 'fraud_warning')).toEqual([
      expect.objectContaining({
        details: expect.objectContaining({ fraudType: 'made_with_stolen_card', isActionable: true, reaction: 'none' }) as object,
      }),
    ]);
    expect(told.map(({ type }) => type)).toEqual(['fraud_warning.created']);
  });

  it('of a small payment is answered by one refund, however often the job runs', async () => {
    const { id } = await pay('pm_card_createIssuerFraudRecord', { amount: 1_500 });
    await pass(1);
    await waitFor(async () => (await labelsOf(id)).length === 1);

    await Promise.all([system.app.get(FraudWarnings).reactDue(), system.app.get(FraudWarnings).reactDue()]);
    await system.database.query('update fraud_warnings set next_reaction_at = now() where payment_id = $1', [id]);
    await system.app.get(FraudWarnings).reactDue();

    const { body } = await system.call('GET', `/api/payments/${id}/refunds`);
    const [warning] = await system.database.query(
      'select reaction, reaction_outcome as outcome from fraud_warnings where payment_id = $1',
      [id],
    );
    expect(body.data).toEqual([expect.objectContaining({ amount: 1_500, reason: 'fraudulent', status: 'succeeded' })]);
    expect(warning).toEqual({ reaction: 'refund', outcome: 'refunded' });
  });

  it('of a payment that was refunded meanwhile has nothing left to do', async () => {
    const { id } = await pay('pm_card_createIssuerFraudRecord', { amount: 1_500 });
    await pass(1);
    await waitFor(async () => (await labelsOf(id)).length === 1);
    await system.call('POST', `/api/payments/${id}/refunds`, { key: `refund-${id}`, body: {} });

    await system.app.get(FraudWarnings).reactDue();

    const [warning] = await system.database.query('select reaction_outcome as outcome from fraud_warnings where payment_id = $1', [id]);
    expect(warning).toEqual({ outcome: 'superseded' });
  });
});

describe('a review that Stripe opened', () => {
  it('is mirrored, and approving it there closes it here and labels the payment', async () => {
    const { id } = await pay('pm_card_riskLevelElevated');
    await waitFor(async () => (await reviewsOf(id)).length === 1);
    const [review] = await reviewsOf(id);

    await stripe(`reviews/${review?.stripeId ?? ''}/approve`);
    await waitFor(async () => (await labelsOf(id)).length === 1);

    expect(await reviewsOf(id)).toEqual([expect.objectContaining({ reason: 'approved' })]);
    expect(await labelsOf(id)).toEqual([{ source: 'review', fraud: false }]);
  });

  it('is closed there when it is approved here, and labels once', async () => {
    const { id } = await pay('pm_card_riskLevelElevated');
    await waitFor(async () => (await reviewsOf(id)).length === 1);
    const [review] = await reviewsOf(id);

    const { status } = await system.call('POST', `/api/admin/reviews/${review?.id ?? ''}/approve`, { body: { reason: 'known guest' } });
    await waitFor(async () => (await eventsOf(review?.stripeId ?? '')).includes('review.closed'));

    expect(status).toBe(200);
    expect(await reviewsOf(id)).toEqual([expect.objectContaining({ reason: 'approved', done: true })]);
    expect(await labelsOf(id)).toEqual([{ source: 'review', fraud: false }]);
  });

  it('ends with a refund as fraud that is made at Stripe', async () => {
    const { id } = await pay('pm_card_riskLevelElevated');
    await waitFor(async () => (await reviewsOf(id)).length === 1);

    await stripe('refunds', { payment_intent: await intentOf(id), reason: 'fraudulent' });
    await waitFor(async () => (await labelsOf(id)).length === 1);

    expect(await reviewsOf(id)).toEqual([expect.objectContaining({ reason: 'refunded_as_fraud' })]);
    expect(await labelsOf(id)).toEqual([{ source: 'review', fraud: true }]);
  });
});

/** Processed events about an object of Stripe. */
async function eventsOf(objectId: string): Promise<string[]> {
  const rows = await system.database.query<{ type: string }>(
    `select e.type from webhook_events e join webhook_event_statuses s using (sequence) where e.object_id = $1 and s.status = 'processed'`,
    [objectId],
  );
  return rows.map(({ type }) => type);
}

async function intentOf(paymentId: string): Promise<string> {
  return (await system.call('GET', `/api/payments/${paymentId}`)).body.stripePaymentIntentId;
}
