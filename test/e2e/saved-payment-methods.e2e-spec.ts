import { newId } from '#kernel';
import { LedgerRepository } from '#payments';
import { type CrashPoint } from '#platform';
import { ApiKeysService } from '#security';
import { waitFor } from '#test';
import { ApiProcess, insist } from '../payments/api-process.js';
import { type ApiAnswer, TestSystem } from '../support/test-system.js';

const LEASES = { PAYMENT_REQUEST_LEASE_SECONDS: '1', PAYMENT_COMPLETER_LEASE_SECONDS: '2' };

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

const aKey = (): string => `saved-${String(++serial)}`;
const aCustomer = async (): Promise<string> =>
  (await system.call('POST', '/api/customers', { body: { email: `customer-${String(++serial)}@example.com` } })).body.id;
const save = (customerId: string, parts: Record<string, unknown> = {}, key = aKey()): Promise<ApiAnswer> =>
  system.call('POST', `/api/customers/${customerId}/payment-methods`, { body: { paymentMethod: 'pm_card_visa', ...parts }, key });
const methodOf = async (customerId: string, id: string) =>
  (await system.call('GET', `/api/customers/${customerId}/payment-methods/${id}`)).body;
const detach = (customerId: string, id: string): Promise<ApiAnswer> =>
  system.call('POST', `/api/customers/${customerId}/payment-methods/${id}/detach`);
const pay = async (parts: Record<string, unknown>): Promise<ApiAnswer> => {
  const { id: deviceId } = await system.device();
  return system.call('POST', '/api/payments', { body: { amount: 1_000, currency: 'usd', deviceId, ...parts }, key: aKey() });
};
/** What Stripe's stand-in keeps for a customer of ours. */
const methodsAtStripe = async (customerId: string): Promise<string[]> => {
  const [row] = await system.database.query<{ id: string | null }>('select stripe_customer_id as id from customers where id = $1', [
    customerId,
  ]);
  const response = await fetch(`${system.sandbox.url}/v1/customers/${row?.id ?? ''}/payment_methods`, {
    headers: { authorization: 'Bearer sk_test_0123456789abcdef' },
  });
  const { data } = (await response.json()) as { data: { id: string }[] };
  return data.map(({ id }) => id);
};
const atStripe = (method: string, path: string): Promise<Response> =>
  fetch(`${system.sandbox.url}/v1/${path}`, { method, headers: { authorization: 'Bearer sk_test_0123456789abcdef' } });
const setupOf = async (id: string): Promise<string> => {
  const [row] = await system.database.query<{ id: string }>(
    'select stripe_setup_intent_id as id from saved_payment_methods where id = $1',
    [id],
  );
  return row?.id ?? '';
};
const eventsOf = async (id: string): Promise<string[]> =>
  (await system.database.query<{ type: string }>('select type from outbox_events where object_id = $1 order by sequence', [id])).map(
    ({ type }) => type,
  );

describe('a customer', () => {
  it('is one for each address, and shows none', async () => {
    const first = await system.call('POST', '/api/customers', { body: { email: 'Ada@Example.com' } });
    const again = await system.call('POST', '/api/customers', { body: { email: 'ada@example.com' } });
    const list = await system.call('GET', '/api/customers?limit=1');

    expect(first).toMatchObject({ status: 201, body: { object: 'customer', defaultPaymentMethod: null } });
    expect(again.body.id).toBe(first.body.id);
    expect(list.body.data).toEqual([first.body]);
    expect((await system.call('GET', `/api/customers/${first.body.id}`)).text).not.toContain('example.com');
  });

  it('of another merchant does not exist', async () => {
    const customerId = await aCustomer();
    const { body: method } = await save(customerId);
    const otherId = newId('merchant');
    await system.database.query(
      `insert into merchants (id, name, country, time_zone, default_business_type, enabled_business_types)
       select $1, 'Other', country, time_zone, default_business_type, enabled_business_types from merchants where id = $2`,
      [otherId, system.merchantId],
    );
    const { text: credential } = await system.app
      .get(ApiKeysService)
      .create(
        { merchantId: otherId, livemode: false, name: 'other', scopes: ['customers:read', 'customers:write'] },
        { actor: 'system:test' },
      );
    const knock = (verb: string, path: string, body?: unknown): Promise<ApiAnswer> =>
      system.call(verb, `/api/customers/${customerId}${path}`, { credential, key: aKey(), ...(body === undefined ? {} : { body }) });

    const answers = await Promise.all([
      knock('GET', ''),
      knock('GET', '/payment-methods'),
      knock('GET', `/payment-methods/${method.id}`),
      knock('POST', '/payment-methods', { paymentMethod: 'pm_card_visa' }),
      knock('POST', `/payment-methods/${method.id}/detach`),
      knock('PUT', '/default-payment-method', { paymentMethod: method.id }),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404]);
    expect((await methodOf(customerId, method.id)).status).toBe('active');
  });
});

describe('saving a payment method', () => {
  it('keeps what may be shown of it, and makes the first one the default', async () => {
    const customerId = await aCustomer();

    const { status, body } = await save(customerId);
    const second = await save(customerId, { paymentMethod: 'pm_card_mastercard' });

    expect(status).toBe(201);
    expect(body).toMatchObject({ status: 'active', usage: 'off_session', isDefault: true, card: { brand: 'visa', last4: '4242' } });
    expect(second.body).toMatchObject({ status: 'active', isDefault: false });
    expect((await system.call('GET', `/api/customers/${customerId}`)).body.defaultPaymentMethod).toBe(body.id);
    expect(await methodsAtStripe(customerId)).toHaveLength(2);
    expect(await eventsOf(body.id)).toEqual(['payment_method.active']);
  });

  it('is done once, however often and at once it is asked for', async () => {
    const customerId = await aCustomer();
    const key = aKey();

    const answers = await Promise.all(Array.from({ length: 8 }, () => save(customerId, {}, key)));
    const replay = await save(customerId, {}, key);
    const otherBody = await save(customerId, { paymentMethod: 'pm_card_mastercard' }, key);

    const winners = answers.filter(({ status }) => status === 201);
    expect(winners.length).toBeGreaterThan(0);
    expect(answers.filter(({ status }) => status !== 201 && status !== 409)).toEqual([]);
    expect(replay.text).toBe(winners[0]?.text);
    expect(otherBody).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect(await methodsAtStripe(customerId)).toHaveLength(1);
  });

  it('is refused by the issuer, or by Stripe, in plain words', async () => {
    const customerId = await aCustomer();

    const declined = await save(customerId, { paymentMethod: 'pm_card_visa_chargeDeclinedStolenCard' });
    const unknown = await save(customerId, { paymentMethod: 'pm_nobody_knows_it' });
    const stranger = await save(newId('customer'));

    expect(declined).toMatchObject({
      status: 402,
      body: { code: 'payment_method_declined', declineCode: 'stolen_card', advice: 'do_not_retry' },
    });
    expect(unknown).toMatchObject({ status: 400, body: { code: 'payment_method_refused', gatewayCode: 'resource_missing' } });
    expect(stranger).toMatchObject({ status: 404, body: { code: 'customer_not_found' } });
    expect((await methodOf(customerId, declined.body.paymentMethod.id)).status).toBe('failed');
  });

  it('waits for a challenge, and the webhook tells how it ended', async () => {
    const customerId = await aCustomer();
    const wanted = { paymentMethod: 'pm_card_authenticationRequired', returnUrl: 'https://shop.example/back' };
    const [passed, failed] = [await save(customerId, wanted), await save(customerId, wanted)];
    expect(passed).toMatchObject({ status: 201, body: { status: 'requires_action', nextAction: { type: 'redirect' } } });

    await system.control('POST', `/_sandbox/setup_intents/${await setupOf(passed.body.id)}/authenticate`, { outcome: 'succeed' });
    await system.control('POST', `/_sandbox/setup_intents/${await setupOf(failed.body.id)}/authenticate`, { outcome: 'fail' });

    await waitFor(async () => (await methodOf(customerId, passed.body.id)).status === 'active');
    await waitFor(async () => (await methodOf(customerId, failed.body.id)).status === 'failed');
    expect(await eventsOf(passed.body.id)).toEqual(['payment_method.requires_action', 'payment_method.active']);
  });

  it('gives up a challenge that nobody passes, unless it was passed after all', async () => {
    const customerId = await aCustomer();
    const wanted = { paymentMethod: 'pm_card_authenticationRequired' };
    const [left, late] = [await save(customerId, wanted), await save(customerId, wanted)];
    await system.database.query(`update saved_payment_methods set created_at = now() - interval '2 days' where customer_id = $1`, [
      customerId,
    ]);
    system.sandbox.sandbox.disorder.settings = { ...system.sandbox.sandbox.disorder.settings, drop: 1 };
    await system.control('POST', `/_sandbox/setup_intents/${await setupOf(late.body.id)}/authenticate`, { outcome: 'succeed' });

    await system.completeNow();

    system.sandbox.sandbox.disorder.settings = { ...system.sandbox.sandbox.disorder.settings, drop: 0 };
    expect((await methodOf(customerId, left.body.id)).status).toBe('failed');
    expect((await methodOf(customerId, late.body.id)).status).toBe('active');
    const setup = (await (await atStripe('GET', `setup_intents/${await setupOf(left.body.id)}`)).json()) as { status: string };
    expect(setup.status).toBe('canceled');
  });

  it.each([
    'after_setup_recorded',
    'after_setup_customer',
    'after_setup_created',
    'after_setup_adopted',
    'after_setup_confirmed',
  ] as CrashPoint[])(
    'survives a process that dies %s: by the repeat, or by the worker',
    async (point) => {
      const [asked, left] = [await aCustomer(), await aCustomer()];
      system.sandbox.sandbox.disorder.settings = { ...system.sandbox.sandbox.disorder.settings, drop: 1 };
      const requests = [asked, left].map((id) => ({
        path: `/api/customers/${id}/payment-methods`,
        key: aKey(),
        body: { paymentMethod: 'pm_card_visa' },
      }));
      const dying = requests.map(async (request) => {
        const doomed = await ApiProcess.start(system, { FAULT_AT: `${point}:1` });
        return [await doomed.post(request), await doomed.ended()];
      });
      const [survivor, ...deaths] = await Promise.all([ApiProcess.start(system), ...dying]);
      expect(deaths).toEqual([
        [null, 'SIGKILL'],
        [null, 'SIGKILL'],
      ]);

      const { status, body } = await insist(() => [survivor], requests[0]!);
      await system.completeNow();

      await survivor.stop();
      system.sandbox.sandbox.disorder.settings = { ...system.sandbox.sandbox.disorder.settings, drop: 0 };
      expect(status).toBe(201);
      expect(body).toMatchObject({ status: 'active' });
      const list = await system.call('GET', `/api/customers/${left}/payment-methods`);
      expect(list.body.data).toEqual([expect.objectContaining({ status: 'active', isDefault: true })]);
      expect(await methodsAtStripe(asked)).toHaveLength(1);
      expect(await methodsAtStripe(left)).toHaveLength(1);
    },
    60_000,
  );
});

describe('a saved payment method', () => {
  it('pays for its customer, with or without them', async () => {
    const customerId = await aCustomer();
    const { body: method } = await save(customerId);

    const present = await pay({ paymentMethod: method.id });
    const absent = await pay({ paymentMethod: method.id, customerId, offSession: true });

    expect(present).toMatchObject({ status: 201, body: { status: 'succeeded', customerId } });
    expect(absent).toMatchObject({ status: 201, body: { status: 'succeeded', customerId } });
  });

  it('is found out to need its owner when they are away', async () => {
    const customerId = await aCustomer();
    const { body } = await save(customerId, { paymentMethod: 'pm_card_authenticationRequired' });
    await system.control('POST', `/_sandbox/setup_intents/${await setupOf(body.id)}/authenticate`, { outcome: 'succeed' });
    await waitFor(async () => (await methodOf(customerId, body.id)).status === 'active');

    const { status, body: payment } = await pay({ paymentMethod: body.id, offSession: true });

    expect(status).toBe(201);
    expect(payment).toMatchObject({ status: 'requires_action', nextAction: { type: 'confirm_on_session', url: null } });
    // They may never come back: that must not keep them from being forgotten.
    expect((await system.call('POST', `/api/admin/customers/${customerId}/erase`)).status).toBe(200);
  });

  it('pays nobody else, and without its owner only if they agreed', async () => {
    const [owner, other] = [await aCustomer(), await aCustomer()];
    const { body: method } = await save(owner, { usage: 'on_session' });
    const device = await system.device();
    const byDevice = await system.call('POST', '/api/payments', {
      body: { amount: 1_000, currency: 'usd', deviceId: device.id, paymentMethod: method.id },
      key: aKey(),
      credential: device.credential,
    });

    expect(byDevice).toMatchObject({ status: 404, body: { code: 'payment_method_not_found' } });
    expect(await pay({ paymentMethod: method.id, customerId: other })).toMatchObject({
      status: 404,
      body: { code: 'payment_method_not_found' },
    });
    expect(await pay({ paymentMethod: method.id, customerEmail: 'nobody@example.com' })).toMatchObject({ status: 404 });
    expect(await pay({ paymentMethod: newId('savedMethod') })).toMatchObject({ status: 404 });
    expect(await pay({ paymentMethod: method.id, offSession: true })).toMatchObject({
      status: 422,
      body: { code: 'off_session_not_agreed' },
    });
    expect(await pay({ paymentMethod: 'pm_card_visa', offSession: true })).toMatchObject({ status: 422 });
  });

  it('without its owner is paid with by a device only that was authorised for it', async () => {
    const customerId = await aCustomer();
    const { body: method } = await save(customerId);
    const device = await system.device();
    await system.database.query('update devices set customer_id = $2 where id = $1', [device.id, customerId]);
    const byDevice = (parts: Record<string, unknown>): Promise<ApiAnswer> =>
      system.call('POST', '/api/payments', {
        body: { amount: 1_000, currency: 'usd', deviceId: device.id, paymentMethod: method.id, ...parts },
        key: aKey(),
        credential: device.credential,
      });

    expect(await byDevice({})).toMatchObject({ status: 201, body: { status: 'succeeded' } });
    expect(await byDevice({ offSession: true })).toMatchObject({ status: 403, body: { code: 'off_session_forbidden' } });
  });

  it('counts as the card that it is: a listed fingerprint is blocked', async () => {
    const customerId = await aCustomer();
    const { body: method } = await save(customerId, { paymentMethod: 'pm_card_amex' });
    const [row] = await system.database.query<{ fingerprint: string }>('select fingerprint from saved_payment_methods where id = $1', [
      method.id,
    ]);
    await system.call('POST', '/api/admin/blacklist', { body: { kind: 'card_fingerprint', value: row?.fingerprint, reason: 'stolen' } });

    expect(await pay({ paymentMethod: method.id })).toMatchObject({ status: 402, body: { code: 'payment_blocked' } });
  });

  it('is detached once, and pays no more', async () => {
    const customerId = await aCustomer();
    const { body: method } = await save(customerId);

    const answers = await Promise.all(Array.from({ length: 5 }, () => detach(customerId, method.id)));

    expect(answers.map(({ status, body }) => [status, body.status])).toEqual(Array.from({ length: 5 }, () => [200, 'detached']));
    expect(await methodsAtStripe(customerId)).toEqual([]);
    expect((await system.call('GET', `/api/customers/${customerId}`)).body.defaultPaymentMethod).toBeNull();
    expect(await pay({ paymentMethod: method.id })).toMatchObject({ status: 409, body: { code: 'payment_method_unexpected_state' } });
    expect(await eventsOf(method.id)).toEqual(['payment_method.active', 'payment_method.detached']);
  });

  it('is detached here at once and at Stripe by the worker, when the process dies in between', async () => {
    const customerId = await aCustomer();
    const { body: method } = await save(customerId);
    const doomed = await ApiProcess.start(system, { FAULT_AT: 'after_detach_recorded:1' });
    await doomed.post({ path: `/api/customers/${customerId}/payment-methods/${String(method.id)}/detach`, key: aKey(), body: {} });
    expect((await methodOf(customerId, method.id)).status).toBe('detached');
    expect(await methodsAtStripe(customerId)).toHaveLength(1);

    await system.completeNow();

    expect(await methodsAtStripe(customerId)).toEqual([]);
    const [row] = await system.database.query<{ due: Date | null }>(
      'select next_check_at as due from saved_payment_methods where id = $1',
      [method.id],
    );
    expect(row?.due).toBeNull();
  }, 60_000);

  it('follows what somebody does to it at Stripe', async () => {
    const customerId = await aCustomer();
    const [{ body: first }, { body: second }, { body: third }] = [await save(customerId), await save(customerId), await save(customerId)];
    const idOf = async (id: string): Promise<string> => {
      const [row] = await system.database.query<{ id: string }>(
        'select stripe_payment_method_id as id from saved_payment_methods where id = $1',
        [id],
      );
      return row?.id ?? '';
    };

    await atStripe('POST', `payment_methods/${await idOf(first.id)}?card[exp_year]=2044`);
    await atStripe('POST', `payment_methods/${await idOf(second.id)}/detach`);

    await waitFor(async () => (await methodOf(customerId, second.id)).status === 'detached');
    const [customer] = await system.database.query<{ id: string }>('select stripe_customer_id as id from customers where id = $1', [
      customerId,
    ]);
    await atStripe('DELETE', `customers/${customer?.id ?? ''}`);
    await waitFor(async () => (await methodOf(customerId, third.id)).status === 'detached');

    const { body: afterwards } = await save(customerId);
    expect(afterwards).toMatchObject({ status: 'active', isDefault: true });
    expect((await methodOf(customerId, first.id)).status).toBe('detached');
  });

  it('is the default when its customer says so', async () => {
    const customerId = await aCustomer();
    const [{ body: first }, { body: second }] = [await save(customerId), await save(customerId)];
    const choose = (id: string): Promise<ApiAnswer> =>
      system.call('PUT', `/api/customers/${customerId}/default-payment-method`, { body: { paymentMethod: id } });

    expect(await choose(second.id)).toMatchObject({ status: 200, body: { isDefault: true } });
    expect((await methodOf(customerId, first.id)).isDefault).toBe(false);
    await detach(customerId, first.id);
    expect(await choose(first.id)).toMatchObject({ status: 409, body: { code: 'payment_method_unexpected_state' } });
    expect((await save(customerId, { makeDefault: true })).body.isDefault).toBe(true);
  });
});

describe('a saved method whose outcome nobody knows', () => {
  it.each([
    ['create', 'error'],
    ['create', 'error_before'],
    ['confirm', 'error'],
    ['confirm', 'error_before'],
  ])('is pending until the worker finds out: %s ends as %s', async (call, fault) => {
    const customerId = await aCustomer();
    const route = call === 'create' ? 'POST /v1/setup_intents' : 'POST /v1/setup_intents/{id}/confirm';
    // The webhook would tell first.
    system.sandbox.sandbox.disorder.settings = { ...system.sandbox.sandbox.disorder.settings, drop: 1 };
    await system.control('POST', '/_sandbox/faults', { route, fault });

    const first = await save(customerId);
    await system.completeNow();

    system.sandbox.sandbox.disorder.settings = { ...system.sandbox.sandbox.disorder.settings, drop: 0 };
    expect(first).toMatchObject({ status: 202, body: { status: 'pending' } });
    expect((await methodOf(customerId, first.body.id)).status).toBe('active');
    expect(await methodsAtStripe(customerId)).toHaveLength(1);
  });

  it('is not sent at all while Stripe takes no requests, and the repeat saves it', async () => {
    const customerId = await aCustomer();
    const key = aKey();
    await system.control('POST', '/_sandbox/faults', { route: 'POST /v1/setup_intents', fault: 'rate_limited_no_retry' });

    const refused = await save(customerId, {}, key);
    const repeated = await save(customerId, {}, key);

    expect(refused).toMatchObject({ status: 503, body: { code: 'gateway_unavailable' } });
    expect(repeated).toMatchObject({ status: 201, body: { status: 'active' } });
  });
});
