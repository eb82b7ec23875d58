import { newId } from '#kernel';
import { LedgerRepository } from '#payments';
import { ApiKeysService } from '#security';
import { waitFor } from '#test';
import { type ApiAnswer, TestSystem } from '../../support/test-system.js';
import { aKey, Customers } from '../customers.js';

let system: TestSystem;
let customers: Customers;

beforeAll(async () => {
  system = await TestSystem.start();
  customers = new Customers(system);
});
afterAll(async () => {
  const differences = await system.app.get(LedgerRepository).findDifferences();
  await system.stop();
  expect(differences).toEqual([]);
});

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
    const customerId = await customers.add();
    const { body: method } = await customers.save(customerId);
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
    expect((await customers.method(customerId, method.id)).status).toBe('active');
  });
});

describe('saving a payment method', () => {
  it('keeps what may be shown of it, and makes the first one the default', async () => {
    const customerId = await customers.add();

    const { status, body } = await customers.save(customerId);
    const second = await customers.save(customerId, { paymentMethod: 'pm_card_mastercard' });

    expect(status).toBe(201);
    expect(body).toMatchObject({ status: 'active', usage: 'off_session', isDefault: true, card: { brand: 'visa', last4: '4242' } });
    expect(second.body).toMatchObject({ status: 'active', isDefault: false });
    expect((await system.call('GET', `/api/customers/${customerId}`)).body.defaultPaymentMethod).toBe(body.id);
    expect(await customers.methodsAtStripe(customerId)).toHaveLength(2);
    expect(await customers.told(body.id)).toEqual(['payment_method.active']);
  });

  it('is done once, however often and at once it is asked for', async () => {
    const customerId = await customers.add();
    const key = aKey();

    const answers = await Promise.all(Array.from({ length: 8 }, () => customers.save(customerId, {}, key)));
    const replay = await customers.save(customerId, {}, key);
    const otherBody = await customers.save(customerId, { paymentMethod: 'pm_card_mastercard' }, key);

    const winners = answers.filter(({ status }) => status === 201);
    expect(winners.length).toBeGreaterThan(0);
    expect(answers.filter(({ status }) => status !== 201 && status !== 409)).toEqual([]);
    expect(replay.text).toBe(winners[0]?.text);
    expect(otherBody).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect(await customers.methodsAtStripe(customerId)).toHaveLength(1);
  });

  it('is refused by the issuer, or by Stripe, in plain words', async () => {
    const customerId = await customers.add();

    const declined = await customers.save(customerId, { paymentMethod: 'pm_card_visa_chargeDeclinedStolenCard' });
    const unknown = await customers.save(customerId, { paymentMethod: 'pm_nobody_knows_it' });
    const stranger = await customers.save(newId('customer'));

    expect(declined).toMatchObject({
      status: 402,
      body: { code: 'payment_method_declined', declineCode: 'stolen_card', advice: 'do_not_retry' },
    });
    expect(unknown).toMatchObject({ status: 400, body: { code: 'payment_method_refused', gatewayCode: 'resource_missing' } });
    expect(stranger).toMatchObject({ status: 404, body: { code: 'customer_not_found' } });
    expect((await customers.method(customerId, declined.body.paymentMethod.id)).status).toBe('failed');
  });

  it('waits for a challenge, and the webhook tells how it ended', async () => {
    const customerId = await customers.add();
    const wanted = { paymentMethod: 'pm_card_authenticationRequired', returnUrl: 'https://shop.example/back' };
    const [passed, failed] = [await customers.save(customerId, wanted), await customers.save(customerId, wanted)];
    expect(passed).toMatchObject({ status: 201, body: { status: 'requires_action', nextAction: { type: 'redirect' } } });

    await customers.authenticate('setup_intents', await customers.setupOf(passed.body.id), 'succeed');
    await customers.authenticate('setup_intents', await customers.setupOf(failed.body.id), 'fail');

    await waitFor(async () => (await customers.method(customerId, passed.body.id)).status === 'active');
    await waitFor(async () => (await customers.method(customerId, failed.body.id)).status === 'failed');
    expect(await customers.told(passed.body.id)).toEqual(['payment_method.requires_action', 'payment_method.active']);
  });

  it('gives up a challenge that nobody passes, unless it was passed after all', async () => {
    const customerId = await customers.add();
    const wanted = { paymentMethod: 'pm_card_authenticationRequired' };
    const [left, late] = [await customers.save(customerId, wanted), await customers.save(customerId, wanted)];
    await system.database.query(`update saved_payment_methods set created_at = now() - interval '2 days' where customer_id = $1`, [
      customerId,
    ]);
    system.loseWebhooks(true);
    await customers.authenticate('setup_intents', await customers.setupOf(late.body.id), 'succeed');

    await system.completeNow();

    system.loseWebhooks(false);
    expect((await customers.method(customerId, left.body.id)).status).toBe('failed');
    expect((await customers.method(customerId, late.body.id)).status).toBe('active');
    const setup = await customers.atStripe('GET', `setup_intents/${await customers.setupOf(left.body.id)}`);
    expect(setup.status).toBe('canceled');
  });
});

describe('a saved method whose outcome nobody knows', () => {
  it.each([
    ['create', 'error'],
    ['create', 'error_before'],
    ['confirm', 'error'],
    ['confirm', 'error_before'],
  ])('is pending until the worker finds out: %s ends as %s', async (call, fault) => {
    const customerId = await customers.add();
    const route = call === 'create' ? 'POST /v1/setup_intents' : 'POST /v1/setup_intents/{id}/confirm';
    // The webhook would tell first.
    system.loseWebhooks(true);
    await system.control('POST', '/_sandbox/faults', { route, fault });

    const first = await customers.save(customerId);
    await system.completeNow();

    system.loseWebhooks(false);
    expect(first).toMatchObject({ status: 202, body: { status: 'pending' } });
    expect((await customers.method(customerId, first.body.id)).status).toBe('active');
    expect(await customers.methodsAtStripe(customerId)).toHaveLength(1);
  });

  it('is not sent at all while Stripe takes no requests, and the repeat saves it', async () => {
    const customerId = await customers.add();
    const key = aKey();
    await system.control('POST', '/_sandbox/faults', { route: 'POST /v1/setup_intents', fault: 'rate_limited_no_retry' });

    const refused = await customers.save(customerId, {}, key);
    const repeated = await customers.save(customerId, {}, key);

    expect(refused).toMatchObject({ status: 503, body: { code: 'gateway_unavailable' } });
    expect(repeated).toMatchObject({ status: 201, body: { status: 'active' } });
  });
});
