import { newId } from '#kernel';
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

describe('a new subscription', () => {
  it('begins with its first payment', async () => {
    const { status, body } = await subscribers.subscribe(
      await subscribers.request({ interval: { unit: 'month', count: 3 }, description: 'Gold' }),
    );

    expect(status).toBe(201);
    expect(body).toMatchObject({
      status: 'active',
      plan: 'gold',
      interval: { unit: 'month', count: 3 },
      currentPeriod: { index: 0 },
      latestPayment: { status: 'succeeded', amount: 1_000, businessType: 'subscription' },
    });
    expect(new Date(body.renewsAt).getTime() - new Date(body.createdAt).getTime()).toBeGreaterThan(85 * 86_400_000);
    expect(await subscribers.timeline(body.id)).toEqual(['created', 'activated']);
    expect(await subscribers.chargesOf(body.id)).toEqual(['0']);
    expect(await subscribers.told(body.id)).toEqual(['subscription.created', 'subscription.activated']);
  });

  it('is one for customer and plan, whoever asks and how often', async () => {
    const request = await subscribers.request();
    const key = aKey();

    const answers = await Promise.all([
      ...Array.from({ length: 4 }, () => subscribers.subscribe(request, key)),
      subscribers.subscribe(request),
      subscribers.subscribe(request),
    ]);
    const replay = await subscribers.subscribe(request, key);
    const list = await system.call('GET', `/api/subscriptions?customerId=${String(request.customerId)}`);

    expect(list.body.data).toHaveLength(1);
    expect(await subscribers.chargesOf(list.body.data[0].id)).toEqual(['0']);
    expect(answers.filter(({ status }) => status !== 201 && status !== 409)).toEqual([]);
    expect([201, 409]).toContain(replay.status);
    expect(await subscribers.subscribe(request)).toMatchObject({
      status: 409,
      body: { code: 'subscription_exists', subscriptionId: list.body.data[0].id },
    });
    expect(await subscribers.subscribe({ ...request, plan: 'silver' })).toMatchObject({ status: 201 });
  });

  it('does not begin when its first payment is declined, and may be tried again', async () => {
    const request = await subscribers.request();
    const { body: method } = await subscribers.save(request.customerId, { paymentMethod: await subscribers.card(DECLINING_CARD) });

    const declined = await subscribers.subscribe({ ...request, paymentMethod: method.id });
    await subscribers.renew();
    const again = await subscribers.subscribe(request);

    expect(declined).toMatchObject({ status: 402, body: { code: 'subscription_declined', subscription: { status: 'canceled' } } });
    const payment = await system.call('GET', `/api/payments/${String(declined.body.subscription.latestPayment.id)}`);
    expect(payment.body.status).toBe('canceled');
    expect(again).toMatchObject({ status: 201, body: { status: 'active' } });
  });

  it('waits for a challenge', async () => {
    const request = await subscribers.request();
    const method = await subscribers.saveChallenged(request.customerId);

    const { status, body } = await subscribers.subscribe({ ...request, paymentMethod: method.id, returnUrl: 'https://shop.example/back' });
    await subscribers.authenticate('payment_intents', body.latestPayment.stripePaymentIntentId);

    expect(status).toBe(201);
    expect(body).toMatchObject({ status: 'incomplete', latestPayment: { status: 'requires_action', nextAction: { type: 'redirect' } } });
    await waitFor(async () => {
      await subscribers.renew();
      return (await subscribers.get(body.id)).status === 'active';
    });
  });

  it('refuses what it cannot keep, and leaves nothing behind', async () => {
    const request = await subscribers.request();
    const customerId = String(request.customerId);
    const { body: onSession } = await subscribers.save(customerId, { usage: 'on_session' });
    const poor = await subscribers.add();

    expect(await subscribers.subscribe({ ...request, customerId: newId('customer') })).toMatchObject({
      status: 404,
      body: { code: 'customer_not_found' },
    });
    expect(await subscribers.subscribe({ ...request, customerId: poor })).toMatchObject({
      status: 422,
      body: { code: 'payment_method_missing' },
    });
    expect(await subscribers.subscribe({ ...request, paymentMethod: onSession.id })).toMatchObject({
      status: 422,
      body: { code: 'off_session_not_agreed' },
    });
    expect(await subscribers.subscribe({ ...request, paymentMethod: newId('savedMethod') })).toMatchObject({ status: 404 });
    expect(await subscribers.subscribe({ ...request, amount: 5 })).toMatchObject({ status: 422, body: { code: 'policy_violation' } });
    expect(await subscribers.subscribe({ ...request, currency: 'zzz' })).toMatchObject({ status: 400 });
    expect((await system.call('GET', `/api/subscriptions?customerId=${customerId}`)).body.data).toEqual([]);
    expect((await system.call('GET', `/api/subscriptions/${newId('subscription')}`)).status).toBe(404);
  });
});

describe('the end of a subscription', () => {
  it('comes with the period that is paid', async () => {
    const subscription = await subscribers.active();

    const first = await subscribers.act(subscription.id, 'cancel', {});
    const again = await subscribers.act(subscription.id, 'cancel', {});
    await subscribers.pass(subscription.id, '1 month 3 hours');
    await subscribers.renew();

    expect(first).toMatchObject({ status: 200, body: { status: 'active', cancelAtPeriodEnd: true, renewsAt: null } });
    expect(again.body.updatedAt).toBe(first.body.updatedAt);
    expect(await subscribers.get(subscription.id)).toMatchObject({ status: 'canceled', cancelReason: 'requested' });
    expect(await subscribers.chargesOf(subscription.id)).toEqual(['0']);
    expect(await subscribers.timeline(subscription.id)).toEqual(['created', 'activated', 'cancel_scheduled', 'canceled']);
  });

  it('comes now, and calls off what is not paid', async () => {
    const subscription = await subscribers.dueWith(DECLINING_CARD);
    await subscribers.renew();

    const answers = await Promise.all([
      subscribers.act(subscription.id, 'cancel', { at: 'now' }),
      subscribers.act(subscription.id, 'cancel', { at: 'now' }),
      subscribers.renew(),
      subscribers.act(subscription.id, 'cancel', { at: 'now' }),
    ]);
    await subscribers.retryNow(subscription.id);
    await subscribers.renew();
    await subscribers.renew();

    expect(answers.filter((answer) => typeof answer !== 'number' && answer.status !== 200)).toEqual([]);
    expect(await subscribers.get(subscription.id)).toMatchObject({ status: 'canceled', latestPayment: { status: 'canceled' } });
    expect((await subscribers.timeline(subscription.id)).filter((type) => type === 'canceled')).toHaveLength(1);
    expect(await subscribers.act(subscription.id, 'pause')).toMatchObject({ status: 409, body: { code: 'subscription_unexpected_state' } });
  });

  it('frees the plan for another', async () => {
    const request = await subscribers.request();
    const { body } = await subscribers.subscribe(request);
    await subscribers.act(body.id, 'cancel', { at: 'now' });

    expect(await subscribers.subscribe(request)).toMatchObject({ status: 201, body: { status: 'active' } });
  });
});

describe('a pause', () => {
  it('charges nothing, and the periods that began during it are free', async () => {
    const subscription = await subscribers.active();
    await subscribers.act(subscription.id, 'pause');
    await subscribers.pass(subscription.id, '2 months 3 hours');
    await subscribers.renew();
    expect(await subscribers.chargesOf(subscription.id)).toEqual(['0']);

    const resumed = await subscribers.act(subscription.id, 'resume');
    await subscribers.renew();
    expect(resumed.body).toMatchObject({ status: 'active', currentPeriod: { index: 2 } });
    expect(await subscribers.chargesOf(subscription.id)).toEqual(['0']);
    await subscribers.pass(subscription.id, '1 month 3 hours');
    await subscribers.renew();

    expect(await subscribers.chargesOf(subscription.id)).toEqual(['0', '3']);
    expect(await subscribers.timeline(subscription.id)).toEqual(['created', 'activated', 'paused', 'resumed', 'renewed']);
  });
});
