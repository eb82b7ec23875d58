import { newId } from '#kernel';
import { type Environment } from '#platform';
import { AuditSealer, AuditVerifier, CustomerPrivacyService, PersonalDataCipher } from '#security';
import { startSecuredApp } from './secured-app.js';
import { tablesThatHold } from './tables.js';
import { TestSystem } from '../support/test-system.js';

// Stripe's raw events are kept for 90 days and are not ours to change.
const RAW_EVENTS = ['webhook_events'];
const EMAIL = 'ada.lovelace@example.com';

describe('a customer’s data', () => {
  let system: TestSystem;
  let deviceId: string;

  beforeAll(async () => {
    system = await TestSystem.start();
    deviceId = (await system.device()).id;
  });
  afterAll(() => system.stop());

  const pay = async (more: object = {}) => {
    const body = {
      amount: 1099,
      currency: 'usd',
      deviceId,
      paymentMethod: 'pm_card_visa',
      customerEmail: EMAIL,
      description: 'two tickets for Ada',
      metadata: { seat: 'for Ada' },
      location: { latitude: 51.5, longitude: -0.12 },
      ...more,
    };
    const { body: payment } = await system.call('POST', '/api/payments', { key: newId('payment'), body });
    const [row] = await system.database.query<{ customerId: string }>('select customer_id as "customerId" from payments where id = $1', [
      payment.id,
    ]);
    return { paymentId: payment.id as string, customerId: row?.customerId ?? '' };
  };

  it('is copied out whole', async () => {
    const { customerId, paymentId } = await pay();

    const { status, body } = await system.call('GET', `/api/admin/customers/${customerId}/export`);

    expect(status).toBe(200);
    expect(body).toMatchObject({ object: 'customer_export', id: customerId, email: EMAIL });
    expect(body.payments[0]).toMatchObject({
      id: paymentId,
      amount: 1099,
      description: 'two tickets for Ada',
      metadata: { seat: 'for Ada' },
    });
  });

  it('is not erased while a payment may still move', async () => {
    const { customerId, paymentId } = await pay({ captureMethod: 'manual', customerEmail: 'open@example.com' });

    const refused = await system.call('POST', `/api/admin/customers/${customerId}/erase`);
    await system.call('POST', `/api/payments/${paymentId}/cancel`, { key: newId('payment'), body: {} });
    const done = await system.call('POST', `/api/admin/customers/${customerId}/erase`);

    expect(refused).toMatchObject({ status: 409, body: { code: 'customer_has_open_payments' } });
    expect(done.status).toBe(200);
  });

  it('is erased from every table, and the audit chain holds', async () => {
    const { customerId, paymentId } = await pay();
    await system.app.get(AuditSealer).sealNext();

    const { status } = await system.call('POST', `/api/admin/customers/${customerId}/erase`);
    await system.app.get(AuditSealer).sealNext();

    expect(status).toBe(200);
    expect(await tablesThatHold(system.database, [EMAIL, 'for Ada', hashOf(EMAIL)], RAW_EVENTS)).toEqual([]);
    expect(await system.app.get(AuditVerifier).verify()).toMatchObject({ isIntact: true });
    const payment = await system.call('GET', `/api/payments/${paymentId}`);
    expect(payment.body).toMatchObject({ id: paymentId, status: 'succeeded', amount: 1099 });
    expect((await system.call('GET', `/api/admin/customers/${customerId}/export`)).body).toMatchObject({ email: null });
  });

  it('takes the saved payment methods along, here and at Stripe', async () => {
    const { customerId } = await pay({ customerEmail: 'saver@example.com' });
    const path = `/api/customers/${customerId}/payment-methods`;
    const { body: saved } = await system.call('POST', path, { key: newId('payment'), body: { paymentMethod: 'pm_card_amex' } });
    const [row] = await system.database.query<{ fingerprint: string; stripeId: string }>(
      'select fingerprint, stripe_payment_method_id as "stripeId" from saved_payment_methods where id = $1',
      [saved.id],
    );

    await system.call('POST', `/api/admin/customers/${customerId}/erase`);
    await system.completeNow();

    expect((await system.call('GET', `${path}/${saved.id}`)).body).toMatchObject({ status: 'detached', card: null, isDefault: false });
    expect(await tablesThatHold(system.database, [row?.fingerprint ?? ''], RAW_EVENTS)).toEqual([]);
    const method = await fetch(`${system.sandbox.url}/v1/payment_methods/${row?.stripeId ?? ''}`, {
      headers: { authorization: 'Bearer sk_test_0123456789abcdef' },
    });
    expect(await method.json()).toMatchObject({ customer: null });
  });

  it('is a new customer when the person comes back', async () => {
    const before = await pay();
    await system.call('POST', `/api/admin/customers/${before.customerId}/erase`);

    expect((await pay()).customerId).not.toBe(before.customerId);
  });

  it('is sealed anew after the key was replaced', async () => {
    const { customerId } = await pay({ customerEmail: 'rotated@example.com' });
    const environment: Environment = {
      ...system.environment,
      ENCRYPTION_KEY: 'n'.repeat(40),
      ENCRYPTION_KEYS_PREVIOUS: system.environment['ENCRYPTION_KEY'],
    };
    const rotated = await startSecuredApp({ databaseUrl: system.environment['DATABASE_URL'] ?? '', environment });

    const count = await rotated.app.get(CustomerPrivacyService).resealNext();
    const again = await rotated.app.get(CustomerPrivacyService).resealNext();
    const { email } = await rotated.app.get(CustomerPrivacyService).export(system.merchantId, customerId, { actor: 'system:test' });
    await rotated.close();

    expect(count).toBeGreaterThan(0);
    expect(again).toBe(0);
    expect(email).toBe('rotated@example.com');
  });

  function hashOf(email: string): string {
    return system.app.get(PersonalDataCipher).matchHash('email', email).toString('hex');
  }
});
