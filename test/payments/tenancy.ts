/** What the two walls between tenants hold back, for the suites that run it over each way to the database. */
import { newId } from '#kernel';
import { DevicesService } from '#devices';
import {
  LedgerRepository,
  PaymentQueueRepository,
  PaymentListsRepository,
  PaymentsRepository,
  RefundsService,
  SpendingLimitsRepository,
} from '#payments';
import { Database, runAsTenant } from '#platform';
import { ApiKeysService, UsersService } from '#security';
import { TestSystem, type TestSystemOptions } from '../support/test-system.js';

const BY = { actor: 'system:test' };

/** Describes that no merchant sees another one's rows in a product started with `options`. */
export function describeTenancy(options: TestSystemOptions = {}): void {
  let system: TestSystem;
  let strangerId: string;
  let strangerKey: string;
  let owned: { readonly device: string; readonly payment: string; readonly intent: string };
  let cookie: string;

  beforeAll(async () => {
    system = await TestSystem.start(options);
    const { id: device } = await system.device({ businessType: 'gaming', type: 'gaming_console' });
    const { body } = await system.call('POST', '/api/payments', {
      key: 'one',
      body: { amount: 1_000, currency: 'usd', deviceId: device, paymentMethod: 'pm_card_visa', customerEmail: 'ada@example.com' },
    });
    await system.call('POST', `/api/payments/${String(body.id)}/refunds`, { key: 'two', body: { amount: 100 } });
    owned = { device, payment: body.id, intent: body.stripePaymentIntentId };
    const { password, recoveryCodes } = await system.app
      .get(UsersService)
      .create({ email: 'o@example.com', role: 'owner', merchantId: null }, BY);
    const login = await system.app.inject({
      method: 'POST',
      url: '/api/auth/login',
      payload: { email: 'o@example.com', password, totp: recoveryCodes[0] },
    });
    cookie = String(login.headers['set-cookie']).split(';', 1)[0] ?? '';
    const made = await asPerson('POST', '/api/admin/merchants', {
      name: 'Stranger',
      country: 'DE',
      timeZone: 'Europe/Berlin',
      defaultBusinessType: 'retail',
    });
    strangerId = made.body.id;
    strangerKey = (await system.app.get(ApiKeysService).create({ merchantId: strangerId, livemode: false, name: 's', scopes: null }, BY))
      .text;
  });
  afterAll(() => system.stop());

  const asPerson = (method: string, path: string, body?: unknown, merchantId?: string) =>
    system.call(method, path, {
      credential: null,
      ...(body === undefined ? {} : { body }),
      headers: { cookie, ...(merchantId === undefined ? {} : { 'upp-merchant': merchantId }) },
    });

  describe('the second wall', () => {
    const asStranger = <T>(work: () => Promise<T>): Promise<T> => runAsTenant(strangerId, work);

    it('shows a stranger no row of any table of another merchant, whatever the statement', async () => {
      const database = system.app.get(Database);
      const tables = await database.query<{ name: string }>(
        `select tablename as name from pg_policies where policyname = 'tenant' order by 1`,
      );
      const seen = await asStranger(() =>
        Promise.all(
          tables.map(async ({ name }) => {
            const [row] = await database.query<{ count: number }>(
              name === 'merchants'
                ? `select count(*) as count from merchants where id <> '${strangerId}'`
                : `select count(*) as count from ${name}`,
            );
            return [name, name === 'api_keys' ? 0 : row?.count];
          }),
        ),
      );

      expect(tables.map(({ name }) => name)).toEqual(
        expect.arrayContaining([
          'payments',
          'payment_attempts',
          'payment_adjustments',
          'refunds',
          'devices',
          'customers',
          'idempotency_keys',
          'merchants',
        ]),
      );
      expect(seen).toEqual(tables.map(({ name }) => [name, 0]));
    });

    it.each<[string, () => Promise<unknown>]>([
      [
        'find',
        () => system.app.get(PaymentsRepository).find({ merchantId: system.merchantId, livemode: false, deviceId: null }, owned.payment),
      ],
      ['findByGatewayId', () => system.app.get(PaymentsRepository).findByGatewayId(system.database, owned.intent, owned.payment)],
      ['lock', () => system.app.get(PaymentsRepository).lock(system.database, owned.payment)],
      [
        'list',
        () =>
          system.app
            .get(PaymentListsRepository)
            .list({ merchantId: system.merchantId, livemode: false, deviceId: null }, { limit: 10, startingAfter: null }, null),
      ],
      ['listAdjustments', () => system.app.get(PaymentListsRepository).listAdjustments(owned.payment)],
      ['claimDue', () => system.app.get(PaymentQueueRepository).claimDue(10, 1)],
      [
        'devices',
        async () => (await system.app.get(DevicesService).list({ merchantId: system.merchantId, livemode: false }, 10, null)).data,
      ],
      ['limits', async () => [...(await system.app.get(SpendingLimitsRepository).findLeaks(system.database))]],
      ['differences', () => system.app.get(LedgerRepository).findDifferences()],
      ['due refunds', async () => (await system.app.get(RefundsService).completeDue({ source: 'completer', sourceId: null })) || null],
    ])('yields nothing to a stranger from %s, even with the right ids', async (_, query) => {
      const found = await asStranger(query);

      expect(found ?? []).toEqual([]);
    });

    it('refuses a row that is written for another merchant', async () => {
      const write = asStranger(() =>
        system.database.query(
          `insert into idempotency_keys (merchant_id, livemode, key, request_hash) values ($1, false, 'forged', '\\x00')`,
          [system.merchantId],
        ),
      );

      await expect(write).rejects.toThrow(/row-level security/);
    });

    it('keeps tenants apart on one connection after the other', async () => {
      const counts = await Promise.all(
        Array.from({ length: 40 }, async (_, index) => {
          const merchantId = index % 2 === 0 ? strangerId : system.merchantId;
          const [row] = await runAsTenant(merchantId, () =>
            system.database.query<{ count: number }>('select count(*) as count from payments'),
          );
          return row?.count;
        }),
      );

      expect(counts).toEqual(Array.from({ length: 40 }, (_, index) => index % 2));
    });
  });

  describe("another merchant's things", () => {
    it.each(['payments', 'payments/timeline', 'payments/refunds', 'devices', 'limits'])('are not found: %s', async (kind) => {
      const [resource = '', tail] = kind.split('/');
      const id = resource === 'payments' ? owned.payment : owned.device;
      const path = `/api/${resource}/${id}${tail === undefined ? '' : `/${tail}`}`;

      expect((await system.call('GET', path)).status).toBe(200);
      expect((await system.call('GET', path, { credential: strangerKey })).status).toBe(404);
    });

    it('cannot be paid with', async () => {
      const { status, body } = await system.call('POST', '/api/payments', {
        key: 'forged',
        credential: strangerKey,
        body: { amount: 1_000, currency: 'usd', deviceId: owned.device, paymentMethod: 'pm_card_visa' },
      });

      expect(status).toBe(404);
      expect(body.code).toBe('device_not_found');
    });
  });

  describe('merchants and their profiles', () => {
    it('are changed by versions that say what differs, and every change is audited', async () => {
      const change = (overrides: unknown, baseVersion: number, parts: object = {}) =>
        asPerson('PUT', '/api/admin/profiles/retail', { overrides, baseVersion, reason: 'larger sales', ...parts }, system.merchantId);

      const dry = await change({ currencies: { usd: { maxMinor: 2_000_000 } } }, 0, { dryRun: true });
      const first = await change({ currencies: { usd: { maxMinor: 2_000_000 } } }, 0);
      const late = await change({}, 0);
      const wrong = await change({ currencies: { usd: { maxMinor: -1 } } }, 1);
      const back = await change({}, 1);

      const difference = { path: 'currencies.usd.maxMinor', before: 1_000_000, after: 2_000_000 };
      expect(dry.body).toMatchObject({ version: 0, changes: [difference] });
      expect(first.body).toMatchObject({ object: 'profile', version: 1, changes: [difference] });
      expect(late.body).toMatchObject({ status: 409, code: 'profile_version_conflict', version: 1 });
      expect(wrong.body).toMatchObject({ status: 400, code: 'profile_invalid' });
      expect(back.body).toMatchObject({ version: 2, changes: [{ path: 'currencies.usd.maxMinor', before: 2_000_000, after: 1_000_000 }] });
      const { body: history } = await asPerson('GET', '/api/admin/profiles/retail/versions', undefined, system.merchantId);
      expect(history.data.map((each: { version: number; changes: unknown[] }) => [each.version, each.changes.length])).toEqual([
        [2, 1],
        [1, 1],
      ]);
      const lines = await system.database.query<{ reason: string }>(`select reason from audit_log where action = 'profile_changed'`);
      expect(lines).toEqual([{ reason: 'larger sales' }, { reason: 'larger sales' }]);
    });

    it('are judged by the version in force at once', async () => {
      const { id } = await system.device();
      const before = (await asPerson('GET', '/api/admin/profiles/retail', undefined, system.merchantId)).body.version;
      await asPerson(
        'PUT',
        '/api/admin/profiles/retail',
        { overrides: { currencies: { usd: { minMinor: 500 } } }, baseVersion: before, reason: 'no small sales' },
        system.merchantId,
      );

      const { body } = await system.call('POST', '/api/payments', {
        key: newId('request'),
        body: { amount: 499, currency: 'usd', deviceId: id, paymentMethod: 'pm_card_visa' },
      });

      expect(body.violations).toMatchObject([{ code: 'amount_too_small', limit: 500 }]);
    });

    it('are seen and changed by those who may', async () => {
      const own = await system.call('GET', '/api/admin/merchants', { credential: strangerKey });
      const other = await system.call('GET', `/api/admin/merchants/${system.merchantId}`, { credential: strangerKey });
      const registration = { type: 'kiosk', fingerprint: 'fingerprint-of-a-stranger', capabilities: ['display'] };
      const strangerDevice = (await system.call('POST', '/api/devices', { credential: strangerKey, body: registration })).body.id;
      const renamed = await asPerson('PATCH', `/api/admin/merchants/${strangerId}`, { name: 'Friend', status: 'suspended' });
      const unpaid = await system.call('POST', '/api/payments', {
        key: 'suspended',
        credential: strangerKey,
        body: { amount: 1_000, currency: 'usd', deviceId: strangerDevice, paymentMethod: 'pm_card_visa' },
      });
      const forbidden = await asPerson('PATCH', `/api/admin/merchants/${strangerId}`, { status: 'active' }, strangerId);

      expect(own.body.data.map((each: { id: string }) => each.id)).toEqual([strangerId]);
      expect(other.status).toBe(404);
      expect(renamed.body).toMatchObject({ name: 'Friend', status: 'suspended' });
      expect(unpaid.body).toMatchObject({ status: 403, code: 'merchant_suspended' });
      expect(forbidden.body).toMatchObject({ status: 403, code: 'deployment_only' });
    });
  });
}
