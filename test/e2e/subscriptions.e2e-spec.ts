import { newId } from '#kernel';
import { LedgerRepository, SubscriptionRenewals } from '#payments';
import { type CrashPoint } from '#platform';
import { waitFor } from '#test';
import { ApiProcess, insist } from '../payments/api-process.js';
import { type ApiAnswer, TestSystem } from '../support/test-system.js';

const LEASES = { PAYMENT_REQUEST_LEASE_SECONDS: '1', PAYMENT_COMPLETER_LEASE_SECONDS: '2' };
const NO_FUNDS = '4000000000000341';

let system: TestSystem;
let serial = 0;

beforeAll(async () => {
  system = await TestSystem.start({ environment: LEASES });
});
afterAll(async () => {
  const differences = await system.app.get(LedgerRepository).findDifferences();
  await system.stop();
  expect(differences).toEqual([]);
});

const aKey = (): string => `subscription-${String(++serial)}`;
const stripe = async (method: string, path: string, form = ''): Promise<{ id: string }> => {
  const response = await fetch(`${system.sandbox.url}/v1/${path}`, {
    method,
    headers: { authorization: 'Bearer sk_test_0123456789abcdef', 'content-type': 'application/x-www-form-urlencoded' },
    ...(form === '' ? {} : { body: form }),
  });
  return (await response.json()) as { id: string };
};
/** A card that may be saved, and what it does is seen when it pays. */
const aCard = async (number: string): Promise<string> =>
  (await stripe('POST', 'payment_methods', `type=card&card[number]=${number}&card[exp_month]=8&card[exp_year]=2040&card[cvc]=123`)).id;
const aCustomer = async (): Promise<string> =>
  (await system.call('POST', '/api/customers', { body: { email: `subscriber-${String(++serial)}@example.com` } })).body.id;
const save = async (customerId: string, paymentMethod = 'pm_card_visa', parts: Record<string, unknown> = {}) =>
  (await system.call('POST', `/api/customers/${customerId}/payment-methods`, { body: { paymentMethod, ...parts }, key: aKey() })).body;
const authenticate = async (kind: 'setup_intents' | 'payment_intents', id: string): Promise<void> => {
  await system.control('POST', `/_sandbox/${kind}/${id}/authenticate`, { outcome: 'succeed' });
};
const aRequest = async (parts: Record<string, unknown> = {}): Promise<Record<string, unknown>> => {
  const customerId = await aCustomer();
  await save(customerId);
  return {
    customerId,
    deviceId: (await system.device()).id,
    plan: 'gold',
    amount: 1_000,
    currency: 'usd',
    interval: { unit: 'month' },
    ...parts,
  };
};
const subscribe = async (request: Record<string, unknown>, key = aKey()): Promise<ApiAnswer> =>
  system.call('POST', '/api/subscriptions', { body: request, key });
const active = async (parts: Record<string, unknown> = {}) => {
  const answer = await subscribe(await aRequest(parts));
  expect(answer).toMatchObject({ status: 201, body: { status: 'active' } });
  return answer.body;
};
const subscriptionOf = async (id: string) => (await system.call('GET', `/api/subscriptions/${id}`)).body;
const timelineOf = async (id: string): Promise<string[]> =>
  (await system.call('GET', `/api/subscriptions/${id}/timeline`)).body.data.map(({ type }: { type: string }) => type);
const act = (id: string, what: string, body?: unknown): Promise<ApiAnswer> =>
  system.call('POST', `/api/subscriptions/${id}/${what}`, body === undefined ? {} : { body });
/** Lets time pass for one subscription. */
const pass = async (id: string, interval: string): Promise<void> => {
  await system.database.query(
    `update subscriptions set anchor_at = anchor_at - $2::interval, renews_at = renews_at - $2::interval where id = $1`,
    [id, interval],
  );
};
const retryNow = async (id: string): Promise<void> => {
  await system.database.query(
    `update subscription_periods set next_try_at = now() where subscription_id = $1 and status = 'open' and next_try_at is not null`,
    [id],
  );
};
const renew = (): Promise<number> => system.app.get(SubscriptionRenewals).renewDue();
/** What was charged, successfully, for each period. */
const chargesOf = async (id: string): Promise<string[]> => {
  const ledger = (await system.control('GET', '/_sandbox/ledger')) as {
    charges: { status: string; metadata: Record<string, string> }[];
  };
  return ledger.charges
    .filter(({ status, metadata }) => status === 'succeeded' && metadata['subscription_id'] === id)
    .map(({ metadata }) => metadata['subscription_period'] ?? '')
    .toSorted();
};
/** A subscription whose next charge does what the card does. */
const withCard = async (number: string, parts: Record<string, unknown> = {}) => {
  const subscription = await active(parts);
  const method = await save(subscription.customerId, await aCard(number));
  const changed = await system.call('PUT', `/api/subscriptions/${String(subscription.id)}/payment-method`, {
    body: { paymentMethod: method.id },
  });
  expect(changed.status).toBe(200);
  await pass(subscription.id, '1 month 3 hours');
  return subscription;
};

describe('a new subscription', () => {
  it('begins with its first payment', async () => {
    const { status, body } = await subscribe(await aRequest({ interval: { unit: 'month', count: 3 }, description: 'Gold' }));

    expect(status).toBe(201);
    expect(body).toMatchObject({
      status: 'active',
      plan: 'gold',
      interval: { unit: 'month', count: 3 },
      currentPeriod: { index: 0 },
      latestPayment: { status: 'succeeded', amount: 1_000, businessType: 'subscription' },
    });
    expect(new Date(body.renewsAt).getTime() - new Date(body.createdAt).getTime()).toBeGreaterThan(85 * 86_400_000);
    expect(await timelineOf(body.id)).toEqual(['created', 'activated']);
    expect(await chargesOf(body.id)).toEqual(['0']);
    const events = await system.database.query<{ type: string }>('select type from outbox_events where object_id = $1 order by sequence', [
      body.id,
    ]);
    expect(events.map(({ type }) => type)).toEqual(['subscription.created', 'subscription.activated']);
  });

  it('is one for customer and plan, whoever asks and how often', async () => {
    const request = await aRequest();
    const key = aKey();

    const answers = await Promise.all([
      ...Array.from({ length: 4 }, () => subscribe(request, key)),
      subscribe(request),
      subscribe(request),
    ]);
    const replay = await subscribe(request, key);
    const list = await system.call('GET', `/api/subscriptions?customerId=${String(request['customerId'])}`);

    expect(list.body.data).toHaveLength(1);
    expect(await chargesOf(list.body.data[0].id)).toEqual(['0']);
    expect(answers.filter(({ status }) => status !== 201 && status !== 409)).toEqual([]);
    expect([201, 409]).toContain(replay.status);
    expect(await subscribe(request)).toMatchObject({
      status: 409,
      body: { code: 'subscription_exists', subscriptionId: list.body.data[0].id },
    });
    expect(await subscribe({ ...request, plan: 'silver' })).toMatchObject({ status: 201 });
  });

  it('does not begin when its first payment is declined, and may be tried again', async () => {
    const request = await aRequest();
    const method = await save(String(request['customerId']), await aCard(NO_FUNDS));

    const declined = await subscribe({ ...request, paymentMethod: method.id });
    await renew();
    const again = await subscribe(request);

    expect(declined).toMatchObject({ status: 402, body: { code: 'subscription_declined', subscription: { status: 'canceled' } } });
    const payment = await system.call('GET', `/api/payments/${String(declined.body.subscription.latestPayment.id)}`);
    expect(payment.body.status).toBe('canceled');
    expect(again).toMatchObject({ status: 201, body: { status: 'active' } });
  });

  it('waits for a challenge', async () => {
    const request = await aRequest();
    const method = await save(String(request['customerId']), 'pm_card_authenticationRequired');
    const [row] = await system.database.query<{ id: string }>(
      'select stripe_setup_intent_id as id from saved_payment_methods where id = $1',
      [method.id],
    );
    await authenticate('setup_intents', row?.id ?? '');
    await waitFor(
      async () =>
        (await system.call('GET', `/api/customers/${String(request['customerId'])}/payment-methods/${String(method.id)}`)).body.status ===
        'active',
    );

    const { status, body } = await subscribe({ ...request, paymentMethod: method.id, returnUrl: 'https://shop.example/back' });
    await authenticate('payment_intents', body.latestPayment.stripePaymentIntentId);

    expect(status).toBe(201);
    expect(body).toMatchObject({ status: 'incomplete', latestPayment: { status: 'requires_action', nextAction: { type: 'redirect' } } });
    await waitFor(async () => {
      await renew();
      return (await subscriptionOf(body.id)).status === 'active';
    });
  });

  it('refuses what it cannot keep, and leaves nothing behind', async () => {
    const request = await aRequest();
    const customerId = String(request['customerId']);
    const onSession = await save(customerId, 'pm_card_visa', { usage: 'on_session' });
    const poor = await aCustomer();

    expect(await subscribe({ ...request, customerId: newId('customer') })).toMatchObject({
      status: 404,
      body: { code: 'customer_not_found' },
    });
    expect(await subscribe({ ...request, customerId: poor })).toMatchObject({ status: 422, body: { code: 'payment_method_missing' } });
    expect(await subscribe({ ...request, paymentMethod: onSession.id })).toMatchObject({
      status: 422,
      body: { code: 'off_session_not_agreed' },
    });
    expect(await subscribe({ ...request, paymentMethod: newId('savedMethod') })).toMatchObject({ status: 404 });
    expect(await subscribe({ ...request, amount: 5 })).toMatchObject({ status: 422, body: { code: 'policy_violation' } });
    expect(await subscribe({ ...request, currency: 'zzz' })).toMatchObject({ status: 400 });
    expect((await system.call('GET', `/api/subscriptions?customerId=${customerId}`)).body.data).toEqual([]);
    expect((await system.call('GET', `/api/subscriptions/${newId('subscription')}`)).status).toBe(404);
  });

  it('survives a process that dies before its first payment: by the repeat, or by the worker', async () => {
    const requests = [await aRequest(), await aRequest()].map((body) => ({ path: '/api/subscriptions', key: aKey(), body }));
    for (const request of requests) {
      const doomed = await ApiProcess.start(system, { FAULT_AT: 'after_subscription_recorded:1' });
      expect(await doomed.post(request)).toBeNull();
      expect(await doomed.ended()).toBe('SIGKILL');
    }
    const survivor = await ApiProcess.start(system);

    const { status, body } = await insist(() => [survivor], requests[0]!);
    await survivor.stop();
    await renew();

    expect(status).toBe(201);
    expect(body.status).toBe('active');
    const { body: left } = await system.call('GET', `/api/subscriptions?customerId=${String(requests[1]?.body['customerId'])}`);
    expect(left.data).toEqual([expect.objectContaining({ status: 'active' })]);
    expect(await chargesOf(left.data[0].id)).toEqual(['0']);
  }, 60_000);
});

describe('a renewal', () => {
  it('is charged once a period, by however many workers', async () => {
    const subscription = await active();
    expect(await chargesOf(subscription.id)).toEqual(['0']);
    await renew();
    expect(await chargesOf(subscription.id)).toEqual(['0']);
    await pass(subscription.id, '1 month 3 hours');

    await Promise.all(Array.from({ length: 6 }, renew));
    await renew();

    expect(await chargesOf(subscription.id)).toEqual(['0', '1']);
    expect(await subscriptionOf(subscription.id)).toMatchObject({
      status: 'active',
      currentPeriod: { index: 1 },
      latestPayment: { status: 'succeeded', metadata: { subscription_period: '1' } },
    });
    expect(await timelineOf(subscription.id)).toEqual(['created', 'activated', 'renewed']);
  });

  it('does not pile up after an outage: the present period is charged, the missed ones are told of', async () => {
    const subscription = await active();
    await pass(subscription.id, '4 months 3 hours');

    await renew();
    await renew();

    expect(await chargesOf(subscription.id)).toEqual(['0', '4']);
    const { body } = await system.call('GET', `/api/subscriptions/${String(subscription.id)}/timeline`);
    expect(body.data).toContainEqual(expect.objectContaining({ type: 'periods_skipped', details: expect.objectContaining({ count: 3 }) }));
  });

  it('waits when the clock goes back, and charges nothing twice when it comes again', async () => {
    const subscription = await active();
    await pass(subscription.id, '1 month 3 hours');
    await renew();
    await pass(subscription.id, '-10 days');
    await renew();
    await pass(subscription.id, '10 days');
    await renew();

    expect(await chargesOf(subscription.id)).toEqual(['0', '1']);
  });

  it.each(['after_recorded', 'after_intent_created', 'after_intent_adopted', 'after_confirmed', 'after_settled'] as CrashPoint[])(
    'is charged once when a worker dies %s',
    async (point) => {
      // The first charge walks the same steps as each renewal, in a process that can be killed.
      const request = { path: '/api/subscriptions', key: aKey(), body: await aRequest() };
      const drop = (share: number): void => {
        system.sandbox.sandbox.disorder.settings = { ...system.sandbox.sandbox.disorder.settings, drop: share };
      };
      drop(1);
      const doomed = await ApiProcess.start(system, { FAULT_AT: `${point}:1` });
      expect(await doomed.post(request)).toBeNull();
      expect(await doomed.ended()).toBe('SIGKILL');
      await system.database.query(`update subscription_periods set next_try_at = now() where status = 'open' and next_try_at is not null`);

      await system.completeNow();
      await renew();
      await renew();

      drop(0);
      const { body } = await system.call('GET', `/api/subscriptions?customerId=${String(request.body['customerId'])}`);
      expect(body.data).toEqual([expect.objectContaining({ status: 'active' })]);
      expect(await chargesOf(body.data[0].id)).toEqual(['0']);
    },
    60_000,
  );

  it('that is declined for now is tried again on schedule, the same payment each time, and ends it at last', async () => {
    const subscription = await withCard(NO_FUNDS);

    await renew();
    const first = await subscriptionOf(subscription.id);
    await renew();
    for (let round = 0; round < 4; round++) {
      await retryNow(subscription.id);
      await renew();
    }

    expect(first).toMatchObject({ status: 'past_due', latestPayment: { status: 'requires_payment_method' } });
    const last = await subscriptionOf(subscription.id);
    expect(last).toMatchObject({
      status: 'canceled',
      cancelReason: 'retries_exhausted',
      latestPayment: { id: first.latestPayment.id, status: 'canceled' },
    });
    expect(await timelineOf(subscription.id)).toEqual([
      'created',
      'activated',
      'payment_method_changed',
      'past_due',
      'past_due',
      'past_due',
      'past_due',
      'canceled',
    ]);
    expect(await chargesOf(subscription.id)).toEqual(['0']);
  });

  it('is paid by a later try, and the next period is counted from the anchor', async () => {
    const subscription = await withCard(NO_FUNDS);
    await renew();
    const good = await save(subscription.customerId);

    await system.call('PUT', `/api/subscriptions/${String(subscription.id)}/payment-method`, { body: { paymentMethod: good.id } });
    await renew();

    expect(await subscriptionOf(subscription.id)).toMatchObject({ status: 'active', currentPeriod: { index: 1 } });
    expect(await chargesOf(subscription.id)).toEqual(['0', '1']);
    expect((await timelineOf(subscription.id)).at(-1)).toBe('renewed');
  });

  it('that needs a challenge asks the customer, who pays it in person', async () => {
    const subscription = await active();
    const method = await save(subscription.customerId, 'pm_card_authenticationRequired');
    const [row] = await system.database.query<{ id: string }>(
      'select stripe_setup_intent_id as id from saved_payment_methods where id = $1',
      [method.id],
    );
    await authenticate('setup_intents', row?.id ?? '');
    const methodPath = `/api/customers/${String(subscription.customerId)}/payment-methods/${String(method.id)}`;
    await waitFor(async () => (await system.call('GET', methodPath)).body.status === 'active');
    await system.call('PUT', `/api/subscriptions/${String(subscription.id)}/payment-method`, { body: { paymentMethod: method.id } });
    await pass(subscription.id, '1 month 3 hours');
    await renew();
    await retryNow(subscription.id);
    await renew();
    const asked = await subscriptionOf(subscription.id);

    const confirmed = await system.call('POST', `/api/payments/${String(asked.latestPayment.id)}/confirm`, { body: {}, key: aKey() });
    await authenticate('payment_intents', asked.latestPayment.stripePaymentIntentId);

    expect(asked).toMatchObject({
      status: 'past_due',
      latestPayment: { status: 'requires_action', nextAction: { type: 'confirm_on_session' } },
    });
    expect(confirmed).toMatchObject({ status: 200, body: { status: 'requires_action' } });
    await waitFor(async () => {
      await renew();
      return (await subscriptionOf(subscription.id)).status === 'active';
    });
    expect(await timelineOf(subscription.id)).toEqual(['created', 'activated', 'payment_method_changed', 'action_required', 'renewed']);
    expect(await chargesOf(subscription.id)).toEqual(['0', '1']);
  });

  it('whose method was taken back asks, and ends it when nobody answers', async () => {
    const subscription = await active();
    await system.call(
      'POST',
      `/api/customers/${String(subscription.customerId)}/payment-methods/${String(subscription.paymentMethod)}/detach`,
    );
    await pass(subscription.id, '1 month 3 hours');

    await renew();
    const asked = await subscriptionOf(subscription.id);
    await system.database.query(`update subscription_periods set gives_up_at = now() where subscription_id = $1 and status = 'open'`, [
      subscription.id,
    ]);
    await retryNow(subscription.id);
    await renew();

    expect(asked).toMatchObject({ status: 'past_due', latestPayment: null });
    expect(await subscriptionOf(subscription.id)).toMatchObject({ status: 'canceled', cancelReason: 'no_answer' });
    expect(await chargesOf(subscription.id)).toEqual(['0']);
  });

  it('waits while Stripe takes no requests, and is charged once when it does', async () => {
    const subscription = await active();
    await pass(subscription.id, '1 month 3 hours');
    await system.control('POST', '/_sandbox/faults', { route: 'POST /v1/payment_intents', fault: 'rate_limited_no_retry' });

    await renew();
    const waiting = await subscriptionOf(subscription.id);
    await retryNow(subscription.id);
    await renew();

    expect(waiting).toMatchObject({ status: 'active', latestPayment: { status: 'requires_confirmation' } });
    expect(await subscriptionOf(subscription.id)).toMatchObject({ status: 'active', latestPayment: { status: 'succeeded' } });
    expect(await chargesOf(subscription.id)).toEqual(['0', '1']);
  });

  it('whose payment was given up for time is made anew; one that the merchant cancels is forgiven', async () => {
    const [lost, forgiven] = [await withCard(NO_FUNDS), await withCard(NO_FUNDS)];
    await renew();
    const [{ latestPayment: lostPayment }, { latestPayment: forgivenPayment }] = [
      await subscriptionOf(lost.id),
      await subscriptionOf(forgiven.id),
    ];
    const good = await save(lost.customerId);
    await stripe('POST', `payment_intents/${String(lostPayment.stripePaymentIntentId)}/cancel`);
    await waitFor(async () => (await system.call('GET', `/api/payments/${String(lostPayment.id)}`)).body.status === 'canceled');
    await system.call('PUT', `/api/subscriptions/${String(lost.id)}/payment-method`, { body: { paymentMethod: good.id } });
    await system.call('POST', `/api/payments/${String(forgivenPayment.id)}/cancel`, { body: {}, key: aKey() });

    for (let round = 0; round < 3; round++) await renew();

    expect(await subscriptionOf(lost.id)).toMatchObject({ status: 'active', latestPayment: { status: 'succeeded' } });
    expect(await chargesOf(lost.id)).toEqual(['0', '1']);
    expect(await subscriptionOf(forgiven.id)).toMatchObject({ status: 'active' });
    expect((await timelineOf(forgiven.id)).at(-1)).toBe('period_forgiven');
  });
});

describe('the end of a subscription', () => {
  it('comes with the period that is paid', async () => {
    const subscription = await active();

    const first = await act(subscription.id, 'cancel', {});
    const again = await act(subscription.id, 'cancel', {});
    await pass(subscription.id, '1 month 3 hours');
    await renew();

    expect(first).toMatchObject({ status: 200, body: { status: 'active', cancelAtPeriodEnd: true, renewsAt: null } });
    expect(again.body.updatedAt).toBe(first.body.updatedAt);
    expect(await subscriptionOf(subscription.id)).toMatchObject({ status: 'canceled', cancelReason: 'requested' });
    expect(await chargesOf(subscription.id)).toEqual(['0']);
    expect(await timelineOf(subscription.id)).toEqual(['created', 'activated', 'cancel_scheduled', 'canceled']);
  });

  it('comes now, and calls off what is not paid', async () => {
    const subscription = await withCard(NO_FUNDS);
    await renew();

    const answers = await Promise.all([
      act(subscription.id, 'cancel', { at: 'now' }),
      act(subscription.id, 'cancel', { at: 'now' }),
      renew(),
      act(subscription.id, 'cancel', { at: 'now' }),
    ]);
    await retryNow(subscription.id);
    await renew();
    await renew();

    expect(answers.filter((answer) => typeof answer !== 'number' && answer.status !== 200)).toEqual([]);
    expect(await subscriptionOf(subscription.id)).toMatchObject({ status: 'canceled', latestPayment: { status: 'canceled' } });
    expect((await timelineOf(subscription.id)).filter((type) => type === 'canceled')).toHaveLength(1);
    expect(await act(subscription.id, 'pause')).toMatchObject({ status: 409, body: { code: 'subscription_unexpected_state' } });
  });

  it('frees the plan for another', async () => {
    const request = await aRequest();
    const { body } = await subscribe(request);
    await act(body.id, 'cancel', { at: 'now' });

    expect(await subscribe(request)).toMatchObject({ status: 201, body: { status: 'active' } });
  });
});

describe('a pause', () => {
  it('charges nothing, and the periods that began during it are free', async () => {
    const subscription = await active();
    await act(subscription.id, 'pause');
    await pass(subscription.id, '2 months 3 hours');
    await renew();
    expect(await chargesOf(subscription.id)).toEqual(['0']);

    const resumed = await act(subscription.id, 'resume');
    await renew();
    expect(resumed.body).toMatchObject({ status: 'active', currentPeriod: { index: 2 } });
    expect(await chargesOf(subscription.id)).toEqual(['0']);
    await pass(subscription.id, '1 month 3 hours');
    await renew();

    expect(await chargesOf(subscription.id)).toEqual(['0', '3']);
    expect(await timelineOf(subscription.id)).toEqual(['created', 'activated', 'paused', 'resumed', 'renewed']);
  });
});
