import { newId } from '#kernel';
import { LedgerRepository } from '#payments';
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

const pay = async (parts: Record<string, unknown>): Promise<ApiAnswer> => {
  const { id: deviceId } = await system.device();
  return system.call('POST', '/api/payments', { body: { amount: 1_000, currency: 'usd', deviceId, ...parts }, key: aKey() });
};

describe('a saved payment method', () => {
  it('pays for its customer, with or without them', async () => {
    const customerId = await customers.add();
    const { body: method } = await customers.save(customerId);

    const present = await pay({ paymentMethod: method.id });
    const absent = await pay({ paymentMethod: method.id, customerId, offSession: true });

    expect(present).toMatchObject({ status: 201, body: { status: 'succeeded', customerId } });
    expect(absent).toMatchObject({ status: 201, body: { status: 'succeeded', customerId } });
  });

  it('is found out to need its owner when they are away', async () => {
    const customerId = await customers.add();
    const body = await customers.saveChallenged(customerId);

    const { status, body: payment } = await pay({ paymentMethod: body.id, offSession: true });

    expect(status).toBe(201);
    expect(payment).toMatchObject({ status: 'requires_action', nextAction: { type: 'confirm_on_session', url: null } });
    // They may never come back: that must not keep them from being forgotten.
    expect((await system.call('POST', `/api/admin/customers/${customerId}/erase`)).status).toBe(200);
  });

  it('pays nobody else, and without its owner only if they agreed', async () => {
    const [owner, other] = [await customers.add(), await customers.add()];
    const { body: method } = await customers.save(owner, { usage: 'on_session' });
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
    const customerId = await customers.add();
    const { body: method } = await customers.save(customerId);
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
    const customerId = await customers.add();
    const { body: method } = await customers.save(customerId, { paymentMethod: 'pm_card_amex' });
    const [row] = await system.database.query<{ fingerprint: string }>('select fingerprint from saved_payment_methods where id = $1', [
      method.id,
    ]);
    await system.call('POST', '/api/admin/blacklist', { body: { kind: 'card_fingerprint', value: row?.fingerprint, reason: 'stolen' } });

    expect(await pay({ paymentMethod: method.id })).toMatchObject({ status: 402, body: { code: 'payment_blocked' } });
  });

  it('is detached once, and pays no more', async () => {
    const customerId = await customers.add();
    const { body: method } = await customers.save(customerId);

    const answers = await Promise.all(Array.from({ length: 5 }, () => customers.detach(customerId, method.id)));

    expect(answers.map(({ status, body }) => [status, body.status])).toEqual(Array.from({ length: 5 }, () => [200, 'detached']));
    expect(await customers.methodsAtStripe(customerId)).toEqual([]);
    expect((await system.call('GET', `/api/customers/${customerId}`)).body.defaultPaymentMethod).toBeNull();
    expect(await pay({ paymentMethod: method.id })).toMatchObject({ status: 409, body: { code: 'payment_method_unexpected_state' } });
    expect(await customers.told(method.id)).toEqual(['payment_method.active', 'payment_method.detached']);
  });
  it('follows what somebody does to it at Stripe', async () => {
    const customerId = await customers.add();
    const [{ body: first }, { body: second }, { body: third }] = [
      await customers.save(customerId),
      await customers.save(customerId),
      await customers.save(customerId),
    ];
    const idOf = async (id: string): Promise<string> => {
      const [row] = await system.database.query<{ id: string }>(
        'select stripe_payment_method_id as id from saved_payment_methods where id = $1',
        [id],
      );
      return row?.id ?? '';
    };

    await customers.atStripe('POST', `payment_methods/${await idOf(first.id)}?card[exp_year]=2044`);
    await customers.atStripe('POST', `payment_methods/${await idOf(second.id)}/detach`);

    await waitFor(async () => (await customers.method(customerId, second.id)).status === 'detached');
    await customers.atStripe('DELETE', `customers/${await customers.idAtStripe(customerId)}`);
    await waitFor(async () => (await customers.method(customerId, third.id)).status === 'detached');

    const { body: afterwards } = await customers.save(customerId);
    expect(afterwards).toMatchObject({ status: 'active', isDefault: true });
    expect((await customers.method(customerId, first.id)).status).toBe('detached');
  });

  it('is the default when its customer says so', async () => {
    const customerId = await customers.add();
    const [{ body: first }, { body: second }] = [await customers.save(customerId), await customers.save(customerId)];
    const choose = (id: string): Promise<ApiAnswer> =>
      system.call('PUT', `/api/customers/${customerId}/default-payment-method`, { body: { paymentMethod: id } });

    expect(await choose(second.id)).toMatchObject({ status: 200, body: { isDefault: true } });
    expect((await customers.method(customerId, first.id)).isDefault).toBe(false);
    await customers.detach(customerId, first.id);
    expect(await choose(first.id)).toMatchObject({ status: 409, body: { code: 'payment_method_unexpected_state' } });
    expect((await customers.save(customerId, { makeDefault: true })).body.isDefault).toBe(true);
  });
});
