import { Controller, Post } from '@nestjs/common';
import { MINUTE_MS, newId, SECOND_MS } from '#kernel';
import { ApiKeysService, CredentialHasher, RateLimit, RequireScope, UsersService } from '#security';
import { aMerchant, type SecuredApp, startSecuredApp } from './secured-app.js';

const BY = { actor: 'system:test' };

@Controller('api')
class PayController {
  @RateLimit('payments')
  @RequireScope('payments:create_own')
  @Post('payments')
  pay(): object {
    return {};
  }
}

describe('rate limits of single merchants', () => {
  let secured: SecuredApp;
  let merchantId: string;
  let operator: Readonly<Record<string, string>>;

  beforeAll(async () => {
    secured = await startSecuredApp({ controllers: [PayController], environment: { RATE_LIMIT_STORAGE: 'memory' } });
    operator = await cookieOf('operator@example.com', null);
  });
  afterAll(() => secured.close());
  beforeEach(async () => {
    merchantId = await aMerchant(secured.database);
    // A rest: no case meets what another one has used up.
    secured.clock.advance(10 * MINUTE_MS);
    await secured.database.query(`update sessions set stepped_up_at = $1, last_seen_at = $1`, [secured.clock.now()]);
  });

  const send = async (method: 'GET' | 'PUT' | 'DELETE' | 'POST', url: string, headers: object, payload?: object) => {
    const response = await secured.app.inject({ method, url, headers: { ...headers }, ...(payload === undefined ? {} : { payload }) });
    return { status: response.statusCode, headers: response.headers, body: response.json<{ code?: string; data?: unknown[] }>() };
  };
  const asOperatorOf = (merchant = merchantId) => ({ ...operator, 'upp-merchant': merchant });
  const set = (name: string, limit: number, headers: object = asOperatorOf()) =>
    send('PUT', `/api/admin/rate-limits/${name}`, headers, { limit });
  const reset = (name: string) => send('DELETE', `/api/admin/rate-limits/${name}`, asOperatorOf());
  /** How many payments of a new device are let through before one is refused, of 40. */
  const allowed = async (merchant = merchantId) => {
    const headers = { authorization: `Bearer ${await aDevice(merchant)}` };
    for (let count = 0; count < 40; count++) if ((await send('POST', '/api/payments', headers)).status === 429) return count;
    return 40;
  };

  it.each([3, 30])('holds %i for the merchant’s devices at once, and for nobody else’s', async (limit) => {
    const other = await aMerchant(secured.database);
    const before = await allowed();

    const { status } = await set('payments', limit);

    expect(status).toBe(200);
    expect([before, await allowed(), await allowed(other)]).toEqual([10, limit, 10]);
  });

  it('is told in the headers, and goes with a reset', async () => {
    await set('payments', 3);
    const told = await send('POST', '/api/payments', { authorization: `Bearer ${await aDevice(merchantId)}` });

    await reset('payments');

    expect(told.headers['ratelimit-policy']).toContain('"payments";q=3;w=60');
    expect(await allowed()).toBe(10);
  });

  it('lists what holds, and whose number it is', async () => {
    await set('device_registration', 50);

    const { body } = await send('GET', '/api/admin/rate-limits', asOperatorOf());

    expect(body.data).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'payments', limit: 10, windowSeconds: 60, source: 'deployment', updatedBy: null }),
        expect.objectContaining({ name: 'device_registration', limit: 50, windowSeconds: 3_600, source: 'merchant' }),
      ]),
    );
    expect(body.data).toHaveLength(5);
  });

  it('is written down once for each change', async () => {
    await set('payments', 5);
    await Promise.all([set('payments', 5), set('payments', 5)]);
    await set('payments', 7);
    await reset('payments');
    await reset('payments');

    const lines = await secured.database.query(
      `select changes, object_id as "objectId" from audit_log where action = 'rate_limit_changed' and merchant_id = $1 order by sequence`,
      [merchantId],
    );
    expect(lines).toEqual([
      { changes: { policy: 'payments', before: null, after: 5 }, objectId: merchantId },
      { changes: { policy: 'payments', before: 5, after: 7 }, objectId: merchantId },
      { changes: { policy: 'payments', before: 7, after: null }, objectId: merchantId },
    ]);
  });

  it('asks the database once in five seconds, however many requests come', async () => {
    await set('payments', 3);
    expect(await allowed()).toBe(3);

    await secured.database.query('update merchant_rate_limits set request_limit = 6 where merchant_id = $1', [merchantId]);
    const within = await allowed();
    secured.clock.advance(5 * SECOND_MS);

    expect([within, await allowed()]).toEqual([3, 6]);
  });

  it.each([
    { what: 'a limit that holds for all merchants together', name: 'api', limit: 5, status: 404, code: 'rate_limit_not_found' },
    { what: 'a limit that does not exist', name: '__proto__', limit: 5, status: 404, code: 'rate_limit_not_found' },
    { what: 'no requests at all', name: 'payments', limit: 0, status: 400, code: 'parameter_invalid_integer' },
    { what: 'more than the counting can hold', name: 'payments', limit: 1_000_001, status: 400, code: 'parameter_invalid_integer' },
  ])('refuses $what', async ({ name, limit, status, code }) => {
    expect(await set(name, limit)).toMatchObject({ status, body: { code } });
  });

  it('is the operator’s: neither the merchant’s owner nor its key may change it', async () => {
    const { text } = await secured.app.get(ApiKeysService).create({ merchantId, livemode: false, name: 'x', scopes: null }, BY);
    const own = [await cookieOf(`owner-${merchantId}@example.com`, merchantId), { authorization: `Bearer ${text}` }];

    for (const headers of own) {
      expect(await set('payments', 1_000, headers)).toMatchObject({ status: 403, body: { code: 'permission_denied' } });
      expect(await send('GET', '/api/admin/rate-limits', headers)).toMatchObject({ status: 200 });
    }
  });

  it('asks the operator for the second factor', async () => {
    await secured.database.query('update sessions set stepped_up_at = null');

    expect(await set('payments', 5)).toMatchObject({ status: 403, body: { code: 'step_up_required' } });
  });

  async function aDevice(merchant: string): Promise<string> {
    const id = newId('device');
    const credential = secured.app.get(CredentialHasher).issue({ kind: 'device', livemode: false });
    await secured.database.query(
      `insert into devices (id, merchant_id, livemode, type, fingerprint, capabilities, credential_hash, credential_last4)
       values ($1, $2, false, 'kiosk', $1, '{card}', $3, $4)`,
      [id, merchant, credential.hash, credential.last4],
    );
    return credential.text;
  }

  async function cookieOf(email: string, merchant: string | null): Promise<Readonly<Record<string, string>>> {
    const { password, recoveryCodes } = await secured.app.get(UsersService).create({ email, role: 'owner', merchantId: merchant }, BY);
    const payload = { email, password, totp: recoveryCodes[0] };
    const response = await secured.app.inject({ method: 'POST', url: '/api/auth/login', payload });
    return { cookie: String(response.headers['set-cookie']).split(';', 1)[0] ?? '' };
  }
});
