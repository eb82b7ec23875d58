import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { MINUTE_MS, newId } from '#kernel';
import { ApiKeysService, CredentialHasher, Public, RateLimit, RequireScope, SecurityIncidents } from '#security';
import { aMerchant, type SecuredApp, startSecuredApp } from './secured-app.js';

@Controller('api')
class LimitedController {
  @Public()
  @Get('open')
  open(): object {
    return {};
  }

  @Public()
  @Get('open/:id')
  one(): object {
    return {};
  }

  @RateLimit('payments')
  @RequireScope('payments:write', 'payments:create_own')
  @Post('payments')
  pay(@Body() body: object): object {
    return body;
  }

  @RateLimit('device_registration')
  @RequireScope('devices:write')
  @HttpCode(201)
  @Post('devices')
  register(): object {
    return {};
  }
}

@Controller()
class ProbeController {
  @Public()
  @Get('ping')
  ping(): object {
    return {};
  }
}

describe('rate limits', () => {
  let secured: SecuredApp;
  let merchantId: string;
  let secretKey: string;
  let addresses = 0;

  beforeAll(async () => {
    secured = await startSecuredApp({
      controllers: [LimitedController, ProbeController],
      environment: { RATE_LIMIT_STORAGE: 'memory', RATE_LIMIT_API_PER_15_MINUTES: '100', TRUSTED_PROXIES: '192.0.2.0/24' },
    });
    merchantId = await aMerchant(secured.database);
    await secured.database.query(`update merchants set enabled_business_types = '{retail,gaming,iot,service}' where id = $1`, [merchantId]);
    secretKey = (
      await secured.app.get(ApiKeysService).create({ merchantId, livemode: false, name: 'x', scopes: null }, { actor: 'system:test' })
    ).text;
  });
  afterAll(() => secured.close());

  const anAddress = () => `10.${Math.floor(addresses / 250)}.0.${(addresses++ % 250) + 1}`;

  const send = async (request: {
    method?: 'GET' | 'POST';
    url: string;
    ip?: string;
    token?: string;
    body?: object;
    headers?: Record<string, string>;
  }) => {
    const { method = 'GET', url, ip = anAddress(), token, body, headers } = request;
    const response = await secured.app.inject({
      method,
      url,
      remoteAddress: ip,
      headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
      ...(body === undefined ? {} : { payload: body }),
    });
    return { status: response.statusCode, headers: response.headers, body: response.json<Record<string, unknown>>() };
  };

  const aDevice = async (businessType: string | null = null) => {
    const id = newId('device');
    const credential = secured.app.get(CredentialHasher).issue({ kind: 'device', livemode: false });
    await secured.database.query(
      `insert into devices (id, merchant_id, livemode, type, fingerprint, capabilities, business_type, credential_hash, credential_last4)
       values ($1, $2, false, 'kiosk', $1, '{card}', $3, $4, $5)`,
      [id, merchantId, businessType, credential.hash, credential.last4],
    );
    return { id, token: credential.text };
  };

  const statuses = async (times: number, request: () => Parameters<typeof send>[0]) => {
    const all: number[] = [];
    for (let index = 0; index < times; index++) all.push((await send(request())).status);
    return all;
  };

  it('answers with the policy and what remains of it', async () => {
    const ip = anAddress();

    const answer = await send({ url: '/api/open', ip });

    expect(answer.headers).toMatchObject({ 'ratelimit-policy': '"api";q=100;w=900', ratelimit: '"api";r=99;t=9' });
  });

  it('refuses the request after the last one, with the time to come back', async () => {
    const ip = anAddress();

    const before = await statuses(100, () => ({ url: '/api/open', ip }));
    const after = await send({ url: '/api/open', ip });

    expect(new Set(before)).toEqual(new Set([200]));
    expect(after).toMatchObject({
      status: 429,
      headers: { 'retry-after': '9', ratelimit: '"api";r=0;t=900', 'content-type': 'application/problem+json; charset=utf-8' },
      body: { code: 'rate_limit_exceeded', policy: 'api', limit: 100, windowSeconds: 900 },
    });
  });

  it('counts what does not exist, whatever its spelling', async () => {
    const ip = anAddress();
    let n = 0;

    const all = await statuses(101, () => ({ url: ['/api/nothing', '//api/open', '/API/open', '/nothing'][n++ % 4] ?? '', ip }));

    expect(all.filter((status) => status === 404)).toHaveLength(100);
    expect(all.at(-1)).toBe(429);
    expect((await send({ url: '/api/open', ip })).status).toBe(429);
  });

  it('answers probes while the API refuses', async () => {
    const ip = anAddress();
    await statuses(101, () => ({ url: '/api/open', ip }));

    expect((await send({ url: '/ping', ip })).status).toBe(200);
  });

  it.each([
    { bypass: 'a forged X-Forwarded-For', request: (n: number) => ({ headers: { 'x-forwarded-for': `203.0.113.${n}` } }) },
    {
      bypass: 'a forged Forwarded',
      request: (n: number) => ({ headers: { forwarded: `for=203.0.113.${n}`, 'x-real-ip': `203.0.113.${n}` } }),
    },
    { bypass: 'another id in the path', request: (n: number) => ({ url: `/api/open/${n}` }) },
    { bypass: 'a query', request: (n: number) => ({ url: `/api/open?n=${n}` }) },
    { bypass: 'an encoded path', request: (n: number) => ({ url: n % 2 ? '/api/%6fpen' : '/api/open' }) },
  ])('counts one client though it sends $bypass', async ({ request }) => {
    const ip = anAddress();
    let n = 0;

    const all = await statuses(101, () => ({ url: '/api/open', ip, ...request(n++) }));

    expect(all.filter((status) => status === 200)).toHaveLength(100);
    expect(all.at(-1)).toBe(429);
  });

  it.each(['/API/open', '/api/open/', '//api/open', '/api//open', '/api/open%2f'])('has no route at %s to slip through', async (url) => {
    expect((await send({ url })).status).not.toBe(200);
  });

  it('counts all addresses of one IPv6 /64 as one client', async () => {
    let n = 1;

    const all = await statuses(101, () => ({ url: '/api/open', ip: `2001:db8:7:1::${(n++).toString(16)}` }));

    expect(all.at(-1)).toBe(429);
    expect((await send({ url: '/api/open', ip: '2001:db8:7:2::1' })).status).toBe(200);
  });

  it('believes a named proxy, and only what it added itself', async () => {
    let n = 1;

    const all = await statuses(101, () => ({
      url: '/api/open',
      ip: '192.0.2.9',
      headers: { 'x-forwarded-for': `198.51.100.${(n++ % 200) + 1}, 10.99.99.99` },
    }));

    expect(all.at(-1)).toBe(429);
    expect((await send({ url: '/api/open', ip: '192.0.2.9', headers: { 'x-forwarded-for': '10.99.99.98' } })).status).toBe(200);
  });

  it.each([
    { businessType: null, limit: 10 },
    { businessType: 'gaming', limit: 20 },
    { businessType: 'iot', limit: 50 },
    { businessType: 'service', limit: 3 },
  ])('gives a $businessType device $limit payments a minute from whatever address, then blocks it', async ({ businessType, limit }) => {
    const { id, token } = await aDevice(businessType);
    const pay = () => ({ method: 'POST', url: '/api/payments', token, body: {} }) as const;

    const all = await statuses(limit, pay);
    const breach = await send(pay());
    secured.clock.advance(4 * MINUTE_MS);
    const blocked = await send(pay());
    secured.clock.advance(MINUTE_MS);
    const later = await send(pay());

    expect(new Set(all)).toEqual(new Set([201]));
    expect(breach).toMatchObject({ status: 429, headers: { 'retry-after': '300' } });
    expect(breach.headers['ratelimit-policy']).toContain(`q=${limit};w=60`);
    expect(blocked).toMatchObject({ status: 429, headers: { 'retry-after': '60' } });
    expect(later.status).toBe(201);
    await secured.app.get(SecurityIncidents).flush();
    const rows = await secured.database.query<{ count: number }>('select count from security_incidents where subject like $1', [`%${id}`]);
    expect(rows).toEqual([{ count: 1 }]);
  });

  it('counts the device that a merchant’s server names together with the device itself', async () => {
    const { id, token } = await aDevice();

    const own = await statuses(6, () => ({ method: 'POST', url: '/api/payments', token, body: {} }));
    const named = await statuses(5, () => ({ method: 'POST', url: '/api/payments', token: secretKey, body: { deviceId: id } }));

    expect([...own, ...named]).toEqual([...Array.from({ length: 10 }, () => 201), 429]);
  });

  it('counts a device by its credential, whichever device its body names', async () => {
    const { token } = await aDevice();

    const all = await statuses(11, () => ({ method: 'POST', url: '/api/payments', token, body: { deviceId: newId('device') } }));

    expect(all).toEqual([...Array.from({ length: 10 }, () => 201), 429]);
  });

  it('opens no new account for another business type of the same device', async () => {
    const { token } = await aDevice();
    const pay = (businessType: string) => ({ method: 'POST', url: '/api/payments', token, body: { businessType } }) as const;

    const retail = await statuses(10, () => pay('retail'));
    const iot = await send(pay('iot'));

    expect(new Set(retail)).toEqual(new Set([201]));
    expect(iot.status).toBe(429);
  });

  it('does not raise the limit for a business type that the merchant has not enabled', async () => {
    const { token } = await aDevice();

    const all = await statuses(11, () => ({ method: 'POST', url: '/api/payments', token, body: { businessType: 'subscription' } }));

    expect(all.at(-1)).toBe(429);
  });

  it('lets five devices be registered in an hour and blocks the address for an hour', async () => {
    const ip = anAddress();
    const register = () => ({ method: 'POST', url: '/api/devices', ip, token: secretKey }) as const;

    const all = await statuses(6, register);

    expect(all).toEqual([201, 201, 201, 201, 201, 429]);
    expect((await send(register())).headers['retry-after']).toBe('3600');
    expect((await send({ ...register(), ip: anAddress() })).status).toBe(201);
  });
});
