import { type FeatureFlag, MerchantsService } from '#merchants';
import { AppConfig } from '#platform';
import { waitFor } from '#test';
import { TestSystem } from '../support/test-system.js';

describe('feature flags', () => {
  let system: TestSystem;

  beforeAll(async () => {
    system = await TestSystem.start();
  });

  afterAll(() => system.stop());

  /** Other processes, and here every payment, know of a change within five seconds. */
  async function settled(flag: FeatureFlag, percentage: number): Promise<void> {
    const merchants = system.app.get(MerchantsService, { strict: false });
    await waitFor(async () => (await merchants.getContext(system.merchantId)).features[flag] === percentage);
  }

  const put = (name: string, percentage: number, reason = 'a test') =>
    system.call('PUT', `/api/admin/feature-flags/${name}`, { body: { percentage, reason } });

  function pay(deviceId: string, key: string, body: object = {}) {
    return system.call('POST', '/api/payments', {
      key,
      body: { amount: 1_500, currency: 'usd', deviceId, paymentMethod: 'pm_card_visa', ...body },
    });
  }

  it('shows each flag as the configuration has it until somebody sets it', async () => {
    const { status, body } = await system.call('GET', '/api/admin/feature-flags');

    expect({ status, code: body.code }).toEqual({ status: 200, code: undefined });

    expect(body.data).toContainEqual({ name: 'accept_payments', percentage: 100, source: 'configuration', setting: null });
    expect(system.app.get(AppConfig).features.acceptPaymentsPercent).toBe(100);
  });

  it('pauses new payments within seconds and lets what is under way go on', async () => {
    const device = await system.device();
    const { body: payment } = await pay(device.id, 'before-pause');

    await put('accept_payments', 0, 'incident 42');
    await settled('accept_payments', 0);
    const refused = await pay(device.id, 'paused');
    const refund = await system.call('POST', `/api/payments/${payment.id}/refunds`, { key: 'refund-in-pause', body: {} });
    await system.call('DELETE', '/api/admin/feature-flags/accept_payments');

    expect(refused.body.code).toBe('payments_paused');
    expect(refused.headers.get('retry-after')).toBe('60');
    expect(refund.status).toBe(201);
    await settled('accept_payments', 100);
    expect((await pay(device.id, 'paused')).status).toBe(201);
  });

  it('only records what the fraud rules say while their decisions are not enforced', async () => {
    const device = await system.device({ capabilities: [] });
    // Every rule that looks at amounts fires.
    await system.database.query(
      `insert into fraud_attempts (merchant_id, livemode, payment_id, business_type, amount_minor, currency, device_id)
       select merchant_id, livemode, 'pay_past', 'retail', 100, 'usd', id from devices, generate_series(1, 40) where id = $1`,
      [device.id],
    );
    await put('enforce_fraud_decisions', 0);
    await settled('enforce_fraud_decisions', 0);

    const { status } = await pay(device.id, 'shadow');
    const [row] = await system.database.query(`select mode, score > 0 as "isScored" from fraud_assessments where device_id = $1`, [
      device.id,
    ]);
    await system.call('DELETE', '/api/admin/feature-flags/enforce_fraud_decisions');

    expect(status).toBe(201);
    expect(row).toEqual({ mode: 'shadow', isScored: true });
  });

  it('pauses new devices and still lets a known one rotate its credential', async () => {
    const known = { type: 'kiosk', fingerprint: 'known-fingerprint', capabilities: ['nfc'] };
    await system.call('POST', '/api/devices', { body: known });
    await put('register_devices', 0);

    await settled('register_devices', 0);
    const refused = await system.call('POST', '/api/devices', { body: { ...known, fingerprint: 'a-new-fingerprint' } });
    const rotated = await system.call('POST', '/api/devices', { body: known });
    await system.call('DELETE', '/api/admin/feature-flags/register_devices');

    expect(refused.body.code).toBe('device_registration_paused');
    expect(rotated.status).toBeLessThan(300);
  });

  it('are read once by all who ask at the same time, and again by who asks after a change', async () => {
    const merchants = system.app.get(MerchantsService, { strict: false });
    merchants.forget(system.merchantId);
    const before = await Promise.all(Array.from({ length: 10 }, () => merchants.getContext(system.merchantId)));
    merchants.forget(system.merchantId);
    const overtaken = merchants.getContext(system.merchantId);
    merchants.forget(system.merchantId);
    const after = await merchants.getContext(system.merchantId);
    await overtaken;

    expect(new Set(before).size).toBe(1);
    expect(await merchants.getContext(system.merchantId)).toBe(after);
  });

  it('writes every change to the audit log with its reason', async () => {
    await put('accept_payments', 50, 'half of them');

    const rows = await system.database.query(
      `select action, reason, changes from audit_log where object_id = 'accept_payments' order by sequence desc limit 1`,
    );
    await system.call('DELETE', '/api/admin/feature-flags/accept_payments');

    expect(rows).toEqual([
      { action: 'feature_flag_changed', reason: 'half of them', changes: { percentage: { before: null, after: 50 } } },
    ]);
  });

  it.each([
    ['a flag that nobody knows', 'free_money', { percentage: 1, reason: 'x' }, 404],
    ['more than everybody', 'accept_payments', { percentage: 101, reason: 'x' }, 400],
    ['no reason', 'accept_payments', { percentage: 1 }, 400],
  ])('refuses %s', async (_, name, body, status) => {
    expect((await system.call('PUT', `/api/admin/feature-flags/${name}`, { body })).status).toBe(status);
  });
});
