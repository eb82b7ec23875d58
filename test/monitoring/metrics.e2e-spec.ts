import { spawnSync } from 'node:child_process';
import { asOwner, freePorts, metricValue, requiresProgram } from '#test';
import { TestSystem } from '../support/test-system.js';

const METRICS_TOKEN = 'metrics-token-of-the-tests';

describe('metrics', () => {
  let system: TestSystem;
  let internalUrl: string;

  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    internalUrl = `http://127.0.0.1:${port}`;
    system = await TestSystem.start({ environment: { MONITORING_PORT: String(port) } });
    const phone = await system.device();
    const till = await system.device({ type: 'pos_terminal' });
    const pay = (deviceId: string, body: object, key: string) =>
      system.call('POST', '/api/payments', { key, body: { currency: 'usd', deviceId, paymentMethod: 'pm_card_visa', ...body } });
    const { body: payment } = await pay(phone.id, { amount: 2_500 }, 'first');
    await pay(till.id, { amount: 1_000, currency: 'eur' }, 'second');
    await pay(phone.id, { amount: 700, paymentMethod: 'pm_card_chargeDeclined' }, 'declined');
    await pay(phone.id, { amount: 2_500 }, 'first');
    await system.call('POST', `/api/payments/${payment.id}/refunds`, { key: 'refund', body: { amount: 500 } });
  });

  afterAll(() => system.stop());

  describe('GET /metrics', () => {
    it('adds up payments, money, devices and fraud decisions', async () => {
      const { status, body } = await system.call('GET', '/metrics');

      expect(status).toBe(200);
      expect(body.payments).toMatchObject({ total: 3, succeeded: 2, failed: 1, pending: 0 });
      expect(body.payments.byCurrency.usd).toEqual({
        payments: 2,
        amountMinor: 3_200,
        receivedMinor: 2_500,
        refundedMinor: 500,
        revenueMinor: 2_000,
      });
      expect(body.payments.byDeviceType.pos_terminal.eur).toMatchObject({ payments: 1, receivedMinor: 1_000 });
      expect(body.devices).toEqual({ registered: 2, newlyRegistered: 2, active: 2 });
      expect(body.fraud.assessed).toBe(3);
      expect(body.fraud.scores.reduce((sum: number, count: number) => sum + count, 0)).toBe(3);
      expect(body.process.requests).toBeGreaterThan(6);
    });

    it('gives a merchant its own figures only', async () => {
      await system.database.query(
        `insert into merchants (id, name, country, time_zone, default_business_type, enabled_business_types)
         values ('mer_other', 'Other', 'US', 'UTC', 'retail', '{retail}')`,
      );
      await asOwner(
        system.database,
        'set local session_replication_role = replica',
        `update payments set merchant_id = 'mer_other' where currency = 'eur'`,
      );

      const own = await system.call('GET', '/metrics?hours=1');
      const all = await system.call('GET', '/metrics?hours=1', { credential: METRICS_TOKEN });

      expect(Object.keys(own.body.payments.byCurrency)).toEqual(['usd']);
      expect(Object.keys(all.body.payments.byCurrency)).toEqual(['eur', 'usd']);
    });

    it.each(['0', '721', '1.5', 'x'])('refuses %s hours', async (hours) => {
      const { status, body } = await system.call('GET', `/metrics?hours=${hours}`);

      expect(status).toBe(400);
      expect(body.param).toBe('hours');
    });
  });

  describe.each(['/metrics', '/metrics/prometheus'])('GET %s', (path) => {
    it('asks for a credential with metrics:read', async () => {
      const device = await system.device();

      const nobody = await system.call('GET', path, { credential: null });
      const unprivileged = await system.call('GET', path, { credential: device.credential });

      expect([nobody.status, unprivileged.status]).toEqual([401, 403]);
    });

    it('takes METRICS_TOKEN and a key, and needs neither on the internal listener', async () => {
      const answers = await Promise.all([
        fetch(`${system.url}${path}`, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } }),
        fetch(`${system.url}${path}`, { headers: { authorization: `Bearer ${system.apiKey}` } }),
        fetch(`${internalUrl}${path}`),
      ]);

      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    });
  });

  it('counts each payment once for each status, and a repeated request not at all', async () => {
    const usd = { business_type: 'retail', device_type: 'smartphone', currency: 'usd' };

    expect(await metricValue('upp_payments_total', { status: 'created', ...usd })).toBe(2);
    expect(await metricValue('upp_payments_total', { status: 'succeeded', ...usd })).toBe(1);
    expect(await metricValue('upp_payments_total', { status: 'requires_payment_method', ...usd })).toBe(1);
    expect(await metricValue('upp_payment_amount_minor_total', { kind: 'received', ...usd })).toBe(2_500);
    expect(await metricValue('upp_payment_amount_minor_total', { kind: 'refunded', currency: 'usd' })).toBe(500);
    expect(await metricValue('upp_fraud_decisions_total', { decision: 'allow' })).toBe(3);
    expect(await metricValue('upp_stripe_requests_total', { endpoint: 'payment_intents.confirm', outcome: 'declined' })).toBe(1);
    expect(await metricValue('upp_devices_registered_total', { device_type: 'pos_terminal' })).toBe(1);
  });

  it('names routes by their template and what no route takes once', async () => {
    await system.call('GET', '/api/payments/pay_01jd8y3v5kq2e9c7x4m6n0r1st');
    await system.call('GET', '/wp-login.php');
    const text = await exposition();

    expect(text).toContain('route="/api/payments/:id"');
    expect(text).toContain('route="none"');
    expect(text).not.toContain('wp-login');
    expect(text).not.toContain('pay_01jd8y3v5kq2e9c7x4m6n0r1st');
  });

  it('shows the pool, the queues and how long unknown outcomes have lasted', async () => {
    const text = await exposition();

    expect(text).toMatch(/^upp_database_pool_connections\{state="idle"\} \d+$/m);
    expect(text).toMatch(/^upp_queue_oldest_seconds\{queue="webhook_inbox"\} \d/m);
    expect(text).toMatch(/^upp_payment_unknown_outcome_oldest_seconds 0$/m);
    expect(text).toMatch(/^upp_dependency_health\{dependency="database"\} 1$/m);
  });

  it('opens nothing but health and metrics on the internal listener', async () => {
    const api = await fetch(`${internalUrl}/api/payments`);
    const post = await fetch(`${internalUrl}/metrics`, { method: 'POST' });
    const health = (await (await fetch(`${internalUrl}/health`)).json()) as { details: { database: object } };

    expect([api.status, post.status]).toEqual([404, 405]);
    expect(health.details.database).toHaveProperty('roundTripMs');
  });

  requiresProgram('promtool')('promtool', () => {
    it('finds nothing wrong with names, types and help texts', async () => {
      const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: await exposition(), encoding: 'utf8' });

      expect(`${stdout}${stderr}`).toBe('');
      expect(status).toBe(0);
    });
  });

  async function exposition(): Promise<string> {
    return (await fetch(`${internalUrl}/metrics/prometheus`)).text();
  }
});
