import { LedgerRepository } from '#payments';
import { waitFor } from '#test';
import { TestSystem } from '../../support/test-system.js';
import { aKey } from '../customers.js';
import { DECLINING_CARD, Subscribers } from './subscribers.js';

let system: TestSystem;
let subscribers: Subscribers;

beforeAll(async () => {
  system = await TestSystem.start();
  subscribers = new Subscribers(system);
});
afterAll(async () => {
  const differences = await system.app.get(LedgerRepository).findDifferences();
  await system.stop();
  expect(differences).toEqual([]);
});

describe('a renewal', () => {
  it('is charged once a period, by however many workers', async () => {
    const subscription = await subscribers.active();
    expect(await subscribers.chargesOf(subscription.id)).toEqual(['0']);
    await subscribers.renew();
    expect(await subscribers.chargesOf(subscription.id)).toEqual(['0']);
    await subscribers.pass(subscription.id, '1 month 3 hours');

    await Promise.all(Array.from({ length: 6 }, () => subscribers.renew()));
    await subscribers.renew();

    expect(await subscribers.chargesOf(subscription.id)).toEqual(['0', '1']);
    expect(await subscribers.get(subscription.id)).toMatchObject({
      status: 'active',
      currentPeriod: { index: 1 },
      latestPayment: { status: 'succeeded', metadata: { subscription_period: '1' } },
    });
    expect(await subscribers.timeline(subscription.id)).toEqual(['created', 'activated', 'renewed']);
  });

  it('does not pile up after an outage: the present period is charged, the missed ones are told of', async () => {
    const subscription = await subscribers.active();
    await subscribers.pass(subscription.id, '4 months 3 hours');

    await subscribers.renew();
    await subscribers.renew();

    expect(await subscribers.chargesOf(subscription.id)).toEqual(['0', '4']);
    const { body } = await system.call('GET', `/api/subscriptions/${String(subscription.id)}/timeline`);
    expect(body.data).toContainEqual(expect.objectContaining({ type: 'periods_skipped', details: expect.objectContaining({ count: 3 }) }));
  });

  it('waits when the clock goes back, and charges nothing twice when it comes again', async () => {
    const subscription = await subscribers.active();
    await subscribers.pass(subscription.id, '1 month 3 hours');
    await subscribers.renew();
    await subscribers.pass(subscription.id, '-10 days');
    await subscribers.renew();
    await subscribers.pass(subscription.id, '10 days');
    await subscribers.renew();

    expect(await subscribers.chargesOf(subscription.id)).toEqual(['0', '1']);
  });

  it('that is declined for now is tried again on schedule, the same payment each time, and ends it at last', async () => {
    const subscription = await subscribers.dueWith(DECLINING_CARD);

    await subscribers.renew();
    const first = await subscribers.get(subscription.id);
    await subscribers.renew();
    for (let round = 0; round < 4; round++) {
      await subscribers.retryNow(subscription.id);
      await subscribers.renew();
    }

    expect(first).toMatchObject({ status: 'past_due', latestPayment: { status: 'requires_payment_method' } });
    const last = await subscribers.get(subscription.id);
    expect(last).toMatchObject({
      status: 'canceled',
      cancelReason: 'retries_exhausted',
      latestPayment: { id: first.latestPayment.id, status: 'canceled' },
    });
    expect(await subscribers.timeline(subscription.id)).toEqual([
      'created',
      'activated',
      'payment_method_changed',
      'past_due',
      'past_due',
      'past_due',
      'past_due',
      'canceled',
    ]);
    expect(await subscribers.chargesOf(subscription.id)).toEqual(['0']);
  });

  it('is paid by a later try, and the next period is counted from the anchor', async () => {
    const subscription = await subscribers.dueWith(DECLINING_CARD);
    await subscribers.renew();
    const { body: good } = await subscribers.save(subscription.customerId);

    await subscribers.payWith(subscription.id, good.id);
    await subscribers.renew();

    expect(await subscribers.get(subscription.id)).toMatchObject({ status: 'active', currentPeriod: { index: 1 } });
    expect(await subscribers.chargesOf(subscription.id)).toEqual(['0', '1']);
    expect((await subscribers.timeline(subscription.id)).at(-1)).toBe('renewed');
  });

  it('that needs a challenge asks the customer, who pays it in person', async () => {
    const subscription = await subscribers.active();
    const method = await subscribers.saveChallenged(subscription.customerId);
    await subscribers.payWith(subscription.id, method.id);
    await subscribers.pass(subscription.id, '1 month 3 hours');
    await subscribers.renew();
    await subscribers.retryNow(subscription.id);
    await subscribers.renew();
    const asked = await subscribers.get(subscription.id);

    const confirmed = await system.call('POST', `/api/payments/${String(asked.latestPayment.id)}/confirm`, { body: {}, key: aKey() });
    await subscribers.authenticate('payment_intents', asked.latestPayment.stripePaymentIntentId);

    expect(asked).toMatchObject({
      status: 'past_due',
      latestPayment: { status: 'requires_action', nextAction: { type: 'confirm_on_session' } },
    });
    expect(confirmed).toMatchObject({ status: 200, body: { status: 'requires_action' } });
    await waitFor(async () => {
      await subscribers.renew();
      return (await subscribers.get(subscription.id)).status === 'active';
    });
    expect(await subscribers.timeline(subscription.id)).toEqual([
      'created',
      'activated',
      'payment_method_changed',
      'action_required',
      'renewed',
    ]);
    expect(await subscribers.chargesOf(subscription.id)).toEqual(['0', '1']);
  });

  it('whose method was taken back asks, and ends it when nobody answers', async () => {
    const subscription = await subscribers.active();
    await system.call(
      'POST',
      `/api/customers/${String(subscription.customerId)}/payment-methods/${String(subscription.paymentMethod)}/detach`,
    );
    await subscribers.pass(subscription.id, '1 month 3 hours');

    await subscribers.renew();
    const asked = await subscribers.get(subscription.id);
    await system.database.query(`update subscription_periods set gives_up_at = now() where subscription_id = $1 and status = 'open'`, [
      subscription.id,
    ]);
    await subscribers.retryNow(subscription.id);
    await subscribers.renew();

    expect(asked).toMatchObject({ status: 'past_due', latestPayment: null });
    expect(await subscribers.get(subscription.id)).toMatchObject({ status: 'canceled', cancelReason: 'no_answer' });
    expect(await subscribers.chargesOf(subscription.id)).toEqual(['0']);
  });

  it('waits while Stripe takes no requests, and is charged once when it does', async () => {
    const subscription = await subscribers.active();
    await subscribers.pass(subscription.id, '1 month 3 hours');
    await system.control('POST', '/_sandbox/faults', { route: 'POST /v1/payment_intents', fault: 'rate_limited_no_retry' });

    await subscribers.renew();
    const waiting = await subscribers.get(subscription.id);
    await subscribers.retryNow(subscription.id);
    await subscribers.renew();

    expect(waiting).toMatchObject({ status: 'active', latestPayment: { status: 'requires_confirmation' } });
    expect(await subscribers.get(subscription.id)).toMatchObject({ status: 'active', latestPayment: { status: 'succeeded' } });
    expect(await subscribers.chargesOf(subscription.id)).toEqual(['0', '1']);
  });

  it('whose payment was given up for time is made anew; one that the merchant cancels is forgiven', async () => {
    const [lost, forgiven] = [await subscribers.dueWith(DECLINING_CARD), await subscribers.dueWith(DECLINING_CARD)];
    await subscribers.renew();
    const [{ latestPayment: lostPayment }, { latestPayment: forgivenPayment }] = [
      await subscribers.get(lost.id),
      await subscribers.get(forgiven.id),
    ];
    const { body: good } = await subscribers.save(lost.customerId);
    await subscribers.atStripe('POST', `payment_intents/${String(lostPayment.stripePaymentIntentId)}/cancel`);
    await waitFor(async () => (await system.call('GET', `/api/payments/${String(lostPayment.id)}`)).body.status === 'canceled');
    await subscribers.payWith(lost.id, good.id);
    await system.call('POST', `/api/payments/${String(forgivenPayment.id)}/cancel`, { body: {}, key: aKey() });

    for (let round = 0; round < 3; round++) await subscribers.renew();

    expect(await subscribers.get(lost.id)).toMatchObject({ status: 'active', latestPayment: { status: 'succeeded' } });
    expect(await subscribers.chargesOf(lost.id)).toEqual(['0', '1']);
    expect(await subscribers.get(forgiven.id)).toMatchObject({ status: 'active' });
    expect((await subscribers.timeline(forgiven.id)).at(-1)).toBe('period_forgiven');
  });
});
