import { Controller, Get, Post } from '@nestjs/common';
import { DAY_MS, HOUR_MS, newId, SECOND_MS } from '#kernel';
import {
  actorOf,
  ApiKeysService,
  CredentialHasher,
  CurrentPrincipal,
  type CreateApiKey,
  type Principal,
  Public,
  RequireScope,
  SecurityIncidents,
} from '#security';
import { aMerchant, type SecuredApp, startSecuredApp, testEnvironment } from './secured-app.js';

@Controller('probe')
class ProbeController {
  @Public()
  @Get('open')
  open(): object {
    return { open: true };
  }

  @Get('undeclared')
  undeclared(): object {
    return {};
  }

  @RequireScope('payments:read')
  @Get('payments')
  read(@CurrentPrincipal() principal: Principal): object {
    return { actor: actorOf(principal), merchantId: principal.merchantId };
  }

  @RequireScope('payments:write', 'payments:create_own')
  @Post('payments')
  pay(@CurrentPrincipal() principal: Principal): object {
    return { actor: actorOf(principal), kind: principal.kind };
  }

  @RequireScope('metrics:read')
  @Get('metrics')
  metrics(): object {
    return {};
  }
}

const BY = { actor: 'system:test' };

describe('authentication', () => {
  let secured: SecuredApp;
  let keys: ApiKeysService;
  let merchantId: string;

  beforeAll(async () => {
    secured = await startSecuredApp({ controllers: [ProbeController], environment: { METRICS_TOKEN: 'metrics-token-0123456789' } });
    keys = secured.app.get(ApiKeysService);
    merchantId = await aMerchant(secured.database);
  });
  afterAll(() => secured.close());

  const aKey = (change: Partial<CreateApiKey> = {}) =>
    keys.create({ merchantId, livemode: false, name: 'server', scopes: null, ...change }, BY);

  const call = async (token: string | null, path = '/probe/payments', method: 'GET' | 'POST' = 'GET') => {
    const headers = token === null ? {} : { authorization: `Bearer ${token}` };
    const response = await secured.app.inject({ method, url: path, headers });
    return { status: response.statusCode, body: response.json<Record<string, unknown>>() };
  };

  it('lets anybody call a public route', async () => {
    expect((await call(null, '/probe/open')).status).toBe(200);
  });

  it('refuses a route that declares no access, even to a secret key', async () => {
    const { text } = await aKey();

    const answer = await call(text, '/probe/undeclared');

    expect(answer).toMatchObject({ status: 403, body: { code: 'permission_denied' } });
  });

  it('asks for a credential when there is none', async () => {
    expect(await call(null)).toMatchObject({ status: 401, body: { code: 'authentication_required' } });
  });

  it('knows the merchant behind a key', async () => {
    const { apiKey, text } = await aKey();

    const answer = await call(text);

    expect(answer).toMatchObject({ status: 200, body: { actor: `merchant_key:${apiKey.id}`, merchantId } });
  });

  it('refuses a key with a valid checksum that does not exist, and reports it', async () => {
    const { text } = secured.app.get(CredentialHasher).issue({ kind: 'secret', livemode: false });

    const answer = await call(text);
    await secured.app.get(SecurityIncidents).flush();

    expect(answer).toMatchObject({ status: 401, body: { code: 'api_key_invalid' } });
    const rows = await secured.database.query<{ count: number }>(`select count from security_incidents where type = 'credential_refused'`);
    expect(rows).toHaveLength(1);
  });

  it.each(['nonsense', 'upp_test_sk_0000', ''])('refuses the token %j', async (token) => {
    expect(await call(token)).toMatchObject({ status: 401, body: { code: 'api_key_invalid' } });
  });

  it('refuses a live key in a test deployment', async () => {
    const { text } = await aKey({ livemode: true });

    expect(await call(text)).toMatchObject({ status: 401, body: { code: 'api_key_mode_mismatch' } });
  });

  it('gives a restricted key its scopes and no more', async () => {
    const { text } = await aKey({ scopes: ['payments:read'] });

    expect((await call(text)).status).toBe(200);
    expect(await call(text, '/probe/payments', 'POST')).toMatchObject({
      status: 403,
      body: { code: 'permission_denied', requiredScopes: ['payments:write', 'payments:create_own'] },
    });
  });

  it('refuses to give a key what is for people', async () => {
    await expect(aKey({ scopes: ['api_keys:write'] })).rejects.toMatchObject({ code: 'parameter_invalid', param: 'scopes' });
  });

  it('ends a revoked key at once', async () => {
    const { apiKey, text } = await aKey();
    await call(text);

    await keys.revoke(merchantId, apiKey.id, BY);

    expect(await call(text)).toMatchObject({ status: 401, body: { code: 'api_key_revoked' } });
    await expect(keys.revoke(merchantId, apiKey.id, BY)).rejects.toMatchObject({ code: 'api_key_not_found' });
  });

  it('learns of a revocation elsewhere within five seconds', async () => {
    const { apiKey, text } = await aKey();
    await call(text);

    await secured.database.query('update api_keys set revoked_at = now() where id = $1', [apiKey.id]);
    secured.clock.advance(5 * SECOND_MS);

    expect((await call(text)).status).toBe(401);
  });

  it('ends a key at its expiry, to the millisecond, though it is remembered', async () => {
    const { text } = await aKey({ expiresAt: new Date(secured.clock.now().getTime() + SECOND_MS) });
    expect((await call(text)).status).toBe(200);

    secured.clock.advance(SECOND_MS - 1);
    expect((await call(text)).status).toBe(200);
    secured.clock.advance(1);

    expect(await call(text)).toMatchObject({ status: 401, body: { code: 'api_key_expired' } });
  });

  it('binds a key to its networks', async () => {
    const here = await aKey({ allowedCidrs: ['127.0.0.0/8'] });
    const elsewhere = await aKey({ allowedCidrs: ['192.0.2.0/24', '2001:db8::/32'] });

    expect((await call(here.text)).status).toBe(200);
    expect(await call(elsewhere.text)).toMatchObject({ status: 403, body: { code: 'address_not_allowed' } });
  });

  it('keeps the old key alive for the overlap of a rotation', async () => {
    const old = await aKey();

    const next = await keys.rotate(merchantId, old.apiKey.id, 24, BY);

    expect((await call(old.text)).status).toBe(200);
    expect((await call(next.text)).status).toBe(200);
    secured.clock.advance(DAY_MS);
    expect(await call(old.text)).toMatchObject({ status: 401, body: { code: 'api_key_expired' } });
    expect((await call(next.text)).status).toBe(200);
  });

  it('never reaches another merchant’s key', async () => {
    const { apiKey } = await aKey();
    const other = await aMerchant(secured.database);

    expect(await keys.find(other, apiKey.id)).toBeNull();
    await expect(keys.revoke(other, apiKey.id, BY)).rejects.toMatchObject({ code: 'api_key_not_found' });
    await expect(keys.rotate(other, apiKey.id, 1, BY)).rejects.toMatchObject({ code: 'api_key_not_found' });
  });

  it('stores neither the text nor a hash that can be made without the pepper', async () => {
    const { apiKey, text } = await aKey();

    const rows = await secured.database.query<{ row: string }>('select k::text as row from api_keys k where id = $1', [apiKey.id]);

    expect(rows[0]?.row).not.toContain(text.slice(12, -6));
  });

  it('moves a key to a new pepper when it is next used', async () => {
    const { text } = await aKey();
    const pepper = 'another pepper another pepper another';
    const before = testEnvironment('').API_KEY_PEPPER;
    const { databaseUrl } = secured;
    const controllers = [ProbeController];
    const use = async (environment: Record<string, string | undefined>) => {
      const replica = await startSecuredApp({ databaseUrl, controllers, environment });
      const answer = await replica.app.inject({ url: '/probe/payments', headers: { authorization: `Bearer ${text}` } });
      await replica.close();
      return answer.statusCode;
    };

    expect(await use({ API_KEY_PEPPER: pepper })).toBe(401);
    expect(await use({ API_KEY_PEPPER: pepper, API_KEY_PEPPERS_PREVIOUS: before })).toBe(200);
    expect(await use({ API_KEY_PEPPER: pepper })).toBe(200);
  });

  it('notes the last use once an hour', async () => {
    const { apiKey, text } = await aKey();
    await call(text);
    const first = (await keys.find(merchantId, apiKey.id))?.lastUsedAt;

    secured.clock.advance(HOUR_MS);
    await call(text);

    expect(first).toBeInstanceOf(Date);
    expect((await keys.find(merchantId, apiKey.id))?.lastUsedAt).toEqual(first);
  });

  it('lets a device pay and nothing else', async () => {
    const { id, text } = await aDevice();

    expect(await call(text, '/probe/payments', 'POST')).toMatchObject({ status: 201, body: { actor: `device:${id}`, kind: 'device' } });
    expect(await call(text)).toMatchObject({ status: 403, body: { code: 'permission_denied' } });
  });

  it.each([
    { status: 'suspended', http: 403, code: 'device_suspended' },
    { status: 'revoked', http: 401, code: 'device_credential_revoked' },
  ])('refuses a $status device', async ({ status, http, code }) => {
    const { text } = await aDevice(status);

    expect(await call(text, '/probe/payments', 'POST')).toMatchObject({ status: http, body: { code } });
  });

  it('lets the metrics token read metrics and nothing else', async () => {
    expect((await call('metrics-token-0123456789', '/probe/metrics')).status).toBe(200);
    expect((await call('metrics-token-0123456789')).status).toBe(403);
    expect((await call('metrics-token-0123456788', '/probe/metrics')).status).toBe(401);
  });

  it('writes every change of a key into the audit log', async () => {
    const { apiKey } = await aKey();
    await keys.revoke(merchantId, apiKey.id, { ...BY, reason: 'leaked', ip: '192.0.2.7', requestId: 'req_1' });

    const rows = await secured.database.query<{ action: string; reason: string | null }>(
      'select action, reason from audit_log where object_id = $1 order by sequence',
      [apiKey.id],
    );

    expect(rows).toEqual([
      { action: 'api_key_created', reason: null },
      { action: 'api_key_revoked', reason: 'leaked' },
    ]);
  });

  async function aDevice(status = 'active'): Promise<{ id: string; text: string }> {
    const id = newId('device');
    const credential = secured.app.get(CredentialHasher).issue({ kind: 'device', livemode: false });
    await secured.database.query(
      `insert into devices (id, merchant_id, livemode, type, status, fingerprint, capabilities, credential_hash, credential_last4)
       values ($1, $2, false, 'kiosk', $3, $1, '{card}', $4, $5)`,
      [id, merchantId, status, credential.hash, credential.last4],
    );
    return { id, text: credential.text };
  }
});
