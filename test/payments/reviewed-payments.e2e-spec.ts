/** Analysts' decisions in the whole product: the payment follows, once, and of everybody who decides one wins. */
import { ReviewsService } from '#fraud';
import { TestSystem } from '../support/test-system.js';

let system: TestSystem;
let deviceId: string;
let serial = 0;

beforeAll(async () => {
  system = await TestSystem.start();
  ({ id: deviceId } = await system.device());
  const { status, text } = await system.call('POST', '/api/admin/blacklist', {
    body: { kind: 'device', value: deviceId, list: 'review', reason: 'every payment of it is looked at' },
  });
  if (status !== 201) throw new Error(text);
}, 60_000);
afterAll(() => system.stop());

interface Held {
  readonly paymentId: string;
  readonly reviewId: string;
}

async function hold(): Promise<Held> {
  const { status, body, text } = await system.call('POST', '/api/payments', {
    key: `held-${String(++serial)}`,
    body: { amount: 2_500, currency: 'usd', deviceId, paymentMethod: 'pm_card_visa' },
  });
  if (status !== 202 || body.status !== 'in_review') throw new Error(text);
  const [review] = await system.database.query<{ id: string }>('select id from fraud_reviews where payment_id = $1', [body.id]);
  return { paymentId: body.id, reviewId: review?.id ?? '' };
}

const approve = ({ reviewId }: Held) =>
  system.call('POST', `/api/admin/reviews/${reviewId}/approve`, { body: { reason: 'the guest is known' } });
const cancel = ({ paymentId }: Held) => system.call('POST', `/api/payments/${paymentId}/cancel`, { key: `cancel-${paymentId}`, body: {} });
const carryOut = async (): Promise<void> => {
  await system.database.query('update fraud_reviews set next_effect_at = now() where next_effect_at is not null');
  await system.app.get(ReviewsService).carryOutUndone();
};
const expire = async ({ reviewId }: Held): Promise<void> => {
  await system.database.query(`update fraud_reviews set expires_at = now() - interval '1 second' where id = $1`, [reviewId]);
  await system.app.get(ReviewsService).expireOverdue();
};
const paymentOf = async ({ paymentId }: Held) => (await system.call('GET', `/api/payments/${paymentId}`)).body;
const closingOf = async ({ reviewId }: Held): Promise<string | null> =>
  (await system.call('GET', `/api/admin/reviews/${reviewId}`)).body.closedReason;

describe('an approved payment', () => {
  it('is confirmed once, however often it is approved and carried out', async () => {
    const held = await hold();

    const answers = await Promise.all([approve(held), approve(held), approve(held)]);
    await Promise.all([carryOut(), carryOut()]);

    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
    expect(await paymentOf(held)).toMatchObject({ status: 'succeeded', amountReceived: 2_500 });
    expect(await system.chargesOf(held.paymentId)).toHaveLength(1);
  });

  it('is confirmed by the worker when Stripe took nothing at the first try', async () => {
    const held = await hold();
    await system.control('POST', '/_sandbox/faults', { fault: 'rate_limited_no_retry', route: 'POST /v1/payment_intents', times: 1 });

    await approve(held);
    const between = await paymentOf(held);
    await carryOut();

    expect(between).toMatchObject({ status: 'requires_confirmation' });
    expect(await paymentOf(held)).toMatchObject({ status: 'succeeded', amountReceived: 2_500 });
    expect(await system.chargesOf(held.paymentId)).toHaveLength(1);
  });

  it('is charged once when the answer of its confirmation was lost', async () => {
    const held = await hold();
    await system.control('POST', '/_sandbox/faults', { fault: 'reset', route: 'POST /v1/payment_intents/{id}/confirm', times: 1 });

    await approve(held);
    await system.completeNow();

    expect(await paymentOf(held)).toMatchObject({ status: 'succeeded', outcomeCertainty: 'known' });
    expect(await system.chargesOf(held.paymentId)).toHaveLength(1);
  });
});

describe('a rejected payment', () => {
  it('is never charged and labelled as fraud', async () => {
    const held = await hold();

    await system.call('POST', `/api/admin/reviews/${held.reviewId}/reject`, { body: { reason: 'stolen card' } });

    expect(await paymentOf(held)).toMatchObject({ status: 'canceled' });
    expect(await system.chargesOf(held.paymentId)).toEqual([]);
    expect(await system.database.query('select is_fraud as fraud from fraud_labels where payment_id = $1', [held.paymentId])).toEqual([
      { fraud: true },
    ]);
  });
});

describe('approval, expiry and cancellation at one time', () => {
  it.each(Array.from({ length: 12 }, (_, round) => round))('have one winner (round %i)', async (round) => {
    const held = await hold();
    const contenders = [() => approve(held), () => expire(held), () => cancel(held)];
    const order = [...contenders.slice(round % 3), ...contenders.slice(0, round % 3)];

    await Promise.all(order.map((contend) => contend()));
    await carryOut();
    await system.completeNow();

    const isApproved = (await closingOf(held)) === 'approved';
    const charges = await system.chargesOf(held.paymentId);
    const [{ moves } = { moves: null }] = await system.database.query<{ moves: number }>(
      `select count(*) as moves from payment_adjustments where payment_id = $1 and status_before = 'in_review' and status_after <> 'in_review'`,
      [held.paymentId],
    );
    expect(['approved', 'expired', 'canceled']).toContain(await closingOf(held));
    expect((await paymentOf(held)).status).toBe(isApproved ? 'succeeded' : 'canceled');
    expect(charges).toHaveLength(isApproved ? 1 : 0);
    expect(moves).toBe(1);
  });
});
