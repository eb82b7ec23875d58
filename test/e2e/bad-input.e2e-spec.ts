import { connect } from 'node:net';
import { TestSystem } from '../support/test-system.js';

let system: TestSystem;
let deviceId: string;
let serial = 0;

beforeAll(async () => {
  system = await TestSystem.start();
  ({ id: deviceId } = await system.device());
});
afterAll(() => system.stop());

const aKey = (): string => `bad-${String(++serial)}`;
const aPayment = (parts: Record<string, unknown> = {}): Record<string, unknown> => ({
  amount: 1099,
  currency: 'usd',
  deviceId,
  paymentMethod: 'pm_card_visa',
  ...parts,
});

/** Everything that a refused request must leave alone. */
async function rows(): Promise<unknown> {
  const [counts] = await system.database.query(
    `select (select count(*) from payments) as payments, (select count(*) from payment_attempts) as attempts, (select count(*) from idempotency_keys) as keys,
       (select count(*) from fraud_attempts) as fraud, (select count(*) from customers) as customers`,
  );
  const { requests } = (await system.control('GET', '/_sandbox/ledger')) as { requests: unknown };
  return { counts, requests };
}

describe('bad input to POST /api/payments', () => {
  const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;

  it.each<[string, Record<string, unknown>, number, string, string]>([
    ['an amount of 0', { amount: 0 }, 400, 'parameter_invalid_integer', 'amount'],
    ['a negative amount', { amount: -5 }, 400, 'parameter_invalid_integer', 'amount'],
    ['a float', { amount: 10.5 }, 400, 'parameter_invalid_integer', 'amount'],
    ['an unsafe integer', { amount: 1e21 }, 400, 'parameter_invalid_integer', 'amount'],
    ['2^53', { amount: 2 ** 53 }, 400, 'parameter_invalid_integer', 'amount'],
    ['an amount as text', { amount: '1099' }, 400, 'parameter_invalid_integer', 'amount'],
    ['no amount', { amount: undefined }, 400, 'parameter_missing', 'amount'],
    ['null for an amount', { amount: null }, 400, 'parameter_missing', 'amount'],
    ['a currency that is none', { currency: 'xxq' }, 400, 'currency_unknown', 'currency'],
    ['a currency in capitals', { currency: 'USD' }, 400, 'parameter_invalid', 'currency'],
    ['a currency the profile lacks', { currency: 'sek' }, 422, 'policy_violation', 'currency'],
    ['an amount below the profile', { amount: 49 }, 422, 'policy_violation', 'amount'],
    ['an amount above the profile', { amount: 1_000_001 }, 422, 'policy_violation', 'amount'],
    ['a device of nobody', { deviceId: 'dev_01jd8y3v5kq2e9c7x4m6n0r1st' }, 404, 'device_not_found', 'deviceId'],
    ['a device id that is none', { deviceId: "' or 1=1 --" }, 404, 'device_not_found', 'deviceId'],
    ['a customer of nobody', { customerId: 'cus_01jd8y3v5kq2e9c7x4m6n0r1st' }, 404, 'customer_not_found', 'customerId'],
    ['a card number for a payment method', { paymentMethod: '4242424242424242' }, 400, 'card_number_refused', 'paymentMethod'],
    ['an unknown field', { amuont: 1 }, 400, 'parameter_unknown', 'amuont'],
    ['an email that is none', { customerEmail: 'ada at example' }, 400, 'parameter_invalid', 'customerEmail'],
    ['a latitude beyond the pole', { location: { latitude: 91, longitude: 0 } }, 400, 'parameter_invalid', 'location.latitude'],
    [
      'an unknown field within a field',
      { location: { latitude: 1, longitude: 0, altitude: 3 } },
      400,
      'parameter_unknown',
      'location.altitude',
    ],
    ['metadata with a number', { metadata: { order: 5 } }, 400, 'parameter_invalid', 'metadata'],
    [
      'metadata with 51 keys',
      { metadata: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${String(index)}`, 'v'])) },
      400,
      'parameter_invalid',
      'metadata',
    ],
    ['a NUL character', { description: 'a\u0000b' }, 400, 'parameter_invalid', 'description'],
    ['half a surrogate pair', { description: 'a\ud800b' }, 400, 'parameter_invalid', 'description'],
    ['a method of the device that its type lacks', { method: 'voice' }, 422, 'policy_violation', 'method'],
    ['a business type that is none', { businessType: 'casino' }, 400, 'parameter_invalid', 'businessType'],
    ['a return URL that is a script', { returnUrl: 'javascript:alert(1)' }, 400, 'parameter_invalid', 'returnUrl'],
  ])('refuses %s', async (_name, parts, status, code, param) => {
    const before = await rows();

    const answer = await system.call('POST', '/api/payments', { body: aPayment(parts), key: aKey() });

    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(answer.body).toMatchObject({ status, code, param, type: `urn:upp:problem:${code}` });
    expect(answer.status).toBe(status);
    expect(await rows()).toEqual(before);
  });

  it.each<[string, string | Buffer, Record<string, string>, number, string]>([
    ['broken JSON', '{"amount":', {}, 400, 'body_malformed'],
    ['a number with a huge exponent as body', '1e400', {}, 400, 'body_not_an_object'],
    ['a list as body', '[]', {}, 400, 'body_not_an_object'],
    ['null as body', 'null', {}, 400, 'body_not_an_object'],
    ['5 000 levels', deep, {}, 400, 'body_too_deep'],
    ['a key that reaches the prototype', '{"__proto__":{"amount":1}}', {}, 400, 'body_forbidden_key'],
    ['a body of 2 MB', JSON.stringify({ description: 'x'.repeat(2_000_000) }), {}, 413, 'body_too_large'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), {}, 400, 'body_malformed'],
    ['a form', 'amount=1099', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'content_type_unsupported'],
    ['XML', '<amount>1099</amount>', { 'content-type': 'application/xml' }, 415, 'content_type_unsupported'],
  ])('refuses %s', async (_name, rawBody, headers, status, code) => {
    const before = await rows();

    const answer = await system.call('POST', '/api/payments', { rawBody, headers, key: aKey() });

    expect(answer.body).toMatchObject({ status, code });
    expect(answer.body.requestId).toMatch(/^req_/);
    expect(await rows()).toEqual(before);
  });

  it('lists every field at fault', async () => {
    const { body } = await system.call('POST', '/api/payments', { body: { amount: 'x', surplus: 1 }, key: aKey() });

    const params = body.errors.map((error: { param: string }) => error.param).sort();
    expect(params).toEqual(['amount', 'currency', 'deviceId', 'paymentMethod', 'surplus']);
  });

  it.each([
    ['missing', undefined, 'idempotency_key_missing'],
    ['empty', '', 'idempotency_key_missing'],
    ['256 long', 'k'.repeat(256), 'idempotency_key_missing'],
    ['with a space', 'a key', 'idempotency_key_missing'],
  ])('refuses an idempotency key that is %s', async (_name, key, code) => {
    const { status, body } = await system.call('POST', '/api/payments', { body: aPayment(), ...(key === undefined ? {} : { key }) });

    expect(status).toBe(400);
    expect(body.code).toBe(code);
  });
});

describe('requests that are not for us', () => {
  it.each([
    ['no credential', null],
    ['a key of nobody', 'upp_test_sk_GE4WK8N8wW0xcFF03shuvIFWWjxcDx2x7rQF'],
    ['garbage', 'x'],
  ])('answers 401 to %s', async (_name, credential) => {
    const { status, body, headers } = await system.call('GET', '/api/payments', { credential });

    expect(status).toBe(401);
    expect(body.code).toMatch(/^(authentication_required|api_key_invalid)$/);
    expect(headers.get('www-authenticate')).toBe('Bearer');
  });

  it.each([
    ['GET', '/api/nothing'],
    ['DELETE', '/api/payments'],
    ['GET', '/api/payments/pay_x/'],
    ['GET', '/API/payments'],
  ])('answers 404 to %s %s', async (method, path) => {
    const { status, body } = await system.call(method, path);

    expect(status).toBe(404);
    expect(body.code).toBe('route_not_found');
  });

  it.each(['limit=0', 'limit=101', 'limit=1e2', 'limit=x', 'surplus=1', 'status=paid', 'limit=1&limit=2', 'startingAfter=pay_nonsense'])(
    'refuses a list with %s',
    async (query) => {
      const { status, body } = await system.call('GET', `/api/payments?${query}`);

      expect(status).toBe(400);
      expect(body.code).toMatch(/^parameter_/);
    },
  );

  it('says what it refuses when the request is not even HTTP', async () => {
    const url = new URL(system.url);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(url.port), url.hostname, () => socket.write('NONSENSE\r\n\r\n'));
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('close', () => {
        resolve(text);
      });
      socket.on('error', reject);
    });

    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });
});
