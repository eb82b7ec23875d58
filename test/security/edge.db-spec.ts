import { Body, Controller, Get, Post } from '@nestjs/common';
import { Public, SecurityIncidents } from '#security';
import { type SecuredApp, startSecuredApp } from './secured-app.js';

@Controller()
class EdgeController {
  @Public()
  @Post('api/echo')
  echo(@Body() body: object): object {
    return body;
  }

  @Public()
  @Get('api/things/:id')
  thing(): object {
    return {};
  }

  @Public()
  @Get('ping')
  ping(): object {
    return {};
  }
}

const CARD = '4242424242424242';

describe('the edge', () => {
  let secured: SecuredApp;

  beforeAll(async () => {
    secured = await startSecuredApp({
      controllers: [EdgeController],
      environment: { TRUSTED_PROXIES: '192.0.2.0/24', RATE_LIMIT_STORAGE: 'memory' },
    });
  });
  afterAll(() => secured.close());

  const post = async (payload: object, headers: Record<string, string> = {}) => {
    const response = await secured.app.inject({ method: 'POST', url: '/api/echo', payload, headers });
    return { status: response.statusCode, text: response.body, body: response.json<Record<string, unknown>>() };
  };

  it.each([
    { payload: { description: `card ${CARD}` }, param: 'description' },
    { payload: { description: '4242 4242 4242 4242' }, param: 'description' },
    { payload: { card: { number: Number(CARD) } }, param: 'card.number' },
    { payload: { metadata: { list: ['x', CARD] } }, param: 'metadata.list.1' },
    { payload: { [CARD]: 1 }, param: 'body' },
  ])('refuses a card number in $param and repeats it nowhere', async ({ payload, param }) => {
    const { status, text, body } = await post(payload);

    expect({ status, code: body['code'], param: body['param'] }).toEqual({ status: 400, code: 'card_number_refused', param });
    expect(text).not.toMatch(/4242 ?4242/);
  });

  it.each([
    { what: 'a query', request: { method: 'GET', url: `/api/things/1?q=${CARD}` } },
    { what: 'a path', request: { method: 'GET', url: `/api/things/${CARD}` } },
    { what: 'an idempotency key', request: { method: 'POST', url: '/api/echo', payload: {}, headers: { 'idempotency-key': CARD } } },
  ] as const)('refuses a card number in $what', async ({ request }) => {
    const response = await secured.app.inject(request);

    expect(response.json()).toMatchObject({ status: 400, code: 'card_number_refused' });
  });

  it.each(['/api/things/1', '/api/nothing', '/ping'])('lets no cache keep an answer of %s', async (url) => {
    const { headers } = await secured.app.inject({ method: 'GET', url });

    expect(headers['cache-control']).toBe('no-store');
  });

  it('makes it one incident that does not hold the number', async () => {
    await post({ description: CARD });
    await post({ description: CARD });
    await secured.app.get(SecurityIncidents).flush();

    const rows = await secured.database.query<{ text: string; count: number }>(
      `select i::text as text, count from security_incidents i where type = 'card_number_sent' and subject = 'POST /api/echo'`,
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.count).toBeGreaterThanOrEqual(2);
    expect(rows[0]?.text).not.toContain('4242');
  });

  it('writes down an incident whose facts PostgreSQL would refuse', async () => {
    await post({ 'a\u0000\ud800': { b: CARD } });
    await secured.app.get(SecurityIncidents).flush();

    const rows = await secured.database.query(`select details from security_incidents where details ->> 'place' like 'a?%'`);
    expect(rows).toHaveLength(1);
  });

  it.each(['/api/things/%00', '/api/things/a%0d%0ab', '/api/things/1?q=%00', '/api/things/1?%00=1', '/api/things/1?q=a&q=%07'])(
    'refuses %s',
    async (url) => {
      const response = await secured.app.inject({ url });

      expect(response.json()).toMatchObject({ status: 400, code: 'request_malformed' });
    },
  );

  it('lets amounts, times, coordinates and ids pass', async () => {
    const payload = {
      amount: 99_999_999,
      at: 1_795_409_845_544,
      latitude: 40.712_812_345_678_9,
      paymentMethod: 'pm_card_visa',
      deviceId: 'dev_01jd8y3v5kq2e9c7x4m6n0r1st',
      phone: '+49 170 1234567',
    };

    expect((await post(payload)).status).toBe(201);
  });

  it('refuses what a trusted proxy received in the clear, rather than redirect it', async () => {
    const viaProxy = (proto: string, remoteAddress: string) =>
      secured.app.inject({ method: 'POST', url: '/api/echo', payload: {}, remoteAddress, headers: { 'x-forwarded-proto': proto } });

    expect((await viaProxy('http', '192.0.2.1')).json()).toMatchObject({ status: 403, code: 'https_required' });
    expect((await viaProxy('https', '192.0.2.1')).statusCode).toBe(201);
  });

  it('sheds the API and answers probes while every connection is waited for', async () => {
    const starved = await startSecuredApp({
      controllers: [EdgeController],
      databaseUrl: secured.databaseUrl,
      environment: { DATABASE_POOL_SIZE: '1', OVERLOAD_WAITING_PER_CONNECTION: '1', RATE_LIMIT_STORAGE: 'memory' },
    });
    const waiting = Promise.all(Array.from({ length: 8 }, () => starved.database.query('select pg_sleep(0.05)')));

    const shed = await starved.app.inject({ method: 'POST', url: '/api/echo', payload: {} });
    const probe = await starved.app.inject({ url: '/ping' });
    await waiting;
    const later = await starved.app.inject({ method: 'POST', url: '/api/echo', payload: {} });

    await starved.close();
    expect(shed.json()).toMatchObject({ status: 503, code: 'overloaded' });
    expect(shed.headers['retry-after']).toBe('2');
    expect([probe.statusCode, later.statusCode]).toEqual([200, 201]);
  });
});
