import fc from 'fast-check';
import { SecurityIncidents, UsersService } from '#security';
import { TestSystem } from '../../support/test-system.js';
import { tablesThatHold } from '../tables.js';
import { badRequest, type BadRequest } from './mutations.js';
import { operationsOf, type OpenApiDocument } from './open-api.js';
import type { KnownValues } from './valid-values.js';

// The whole machine in CI; a sample of it in every other run. UPP_BAD_INPUT_CASES and UPP_BAD_INPUT_SEED choose otherwise.
const CASES = Number(process.env['UPP_BAD_INPUT_CASES'] ?? (process.env['CI'] === 'true' ? 20_000 : 2_000));
const SEED = Number(process.env['UPP_BAD_INPUT_SEED'] ?? Date.now() % 2 ** 31);
const ROWS_EVERY = 25;
// What an answer may take. Requests are sent one after the other and timed by themselves.
const MAX_DURATION_MS = 1_000;
// What is slow is slow each time; what merely had to wait for a busy machine is not.
const TRIES_OF_A_SLOW_ONE = 3;

// What may grow without a request that is let through: what refusals leave behind, and what Stripe tells of earlier payments.
const MAY_GROW = [
  'security_incidents',
  'rate_limit_tracking',
  'rate_limit_blocks',
  'payment_adjustments',
  'audit_chain',
  'audit_checkpoints',
  'alerts',
  'notifications',
  'outbox_fanout',
];
const LEAKS =
  /\bat .{0,80}\.(js|ts):\d+|node_modules|\/dist\/|\bselect\b.{1,80}\bfrom\b|pg_|relation "|syntax error at|pepper-of|encryption-key-of|sk_test_0123456789abcdef|upp_test_sk_[0-9A-Za-z]{36}/i;

let system: TestSystem;
let document: OpenApiDocument;
let known: KnownValues;
/** Every other table, so that those of new features are looked at too. */
let tables: readonly string[];
let credentials: Readonly<Record<string, string>>[];
/** What must stand in no sink afterwards: neither table nor log. */
const canaries: string[] = [];
const logged: string[] = [];
const listening: (() => void)[] = [];

beforeAll(async () => {
  for (const stream of [process.stdout, process.stderr]) listenTo(stream);
  system = await TestSystem.start({
    environment: {
      SESSION_REQUIRE_TOTP: 'false',
      SESSION_IDLE_MINUTES: '120',
    },
  });
  tables = (
    await system.database.query<{ name: string }>(
      `select table_name as name from information_schema.tables
        where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> all ($1) and not starts_with(table_name, 'webhook_')`,
      [MAY_GROW],
    )
  ).map(({ name }) => name);
  document = (await system.call('GET', '/openapi.json')).body as OpenApiDocument;
  const device = await system.device();
  const pay = (body: object) =>
    system.call('POST', '/api/payments', {
      key: `known-${Math.random()}`,
      body: { amount: 1099, currency: 'usd', deviceId: device.id, paymentMethod: 'pm_card_visa', ...body },
    });
  const payments = [await pay({}), await pay({ captureMethod: 'manual' }), await pay({ paymentMethod: 'pm_card_chargeDeclined' })];
  const paymentIds = payments.map(({ body }) => (body.id ?? body.payment?.id) as unknown).filter((id) => typeof id === 'string');
  canaries.push(system.apiKey, device.credential, 'sk_test_0123456789abcdef', 'pepper-of-the-tests', 'metrics-token-of-the-tests');
  known = {
    deviceId: [device.id],
    'devices.id': [device.id],
    'payments.id': paymentIds,
    currency: ['usd', 'eur', 'jpy'],
    paymentMethod: ['pm_card_visa', 'pm_card_chargeDeclined', 'pm_card_authenticationRequired'],
    customerId: ['cus_01jd8y3v5kq2e9c7x4m6n0r1st'],
    amount: [50, 1_099, 100_000],
    businessType: ['retail'],
  };
  credentials = [
    { authorization: `Bearer ${system.apiKey}` },
    { authorization: `Bearer ${system.apiKey}` },
    { authorization: `Bearer ${device.credential}` },
    { cookie: await ownerCookie() },
    {},
  ];
});
afterAll(() => {
  for (const stopListening of listening) stopListening();
  return system.stop();
});

it(`survives ${CASES} bad requests (seed ${SEED})`, async () => {
  const operations = operationsOf(document);
  const requests = fc.constantFrom(...operations).chain((operation) => badRequest(operation, document, known));
  const anything = fc.tuple(requests, fc.nat());
  const seen = new Map<number, number>();
  let baseline = await written();
  let since: BadRequest[] = [];

  await fc.assert(
    fc.asyncProperty(anything, async ([request, place]) => {
      const answer = await sendInTime(request, credentials[place % credentials.length] ?? {});
      seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
      expectGoodAnswer(request, answer);
      since.push(request);
      // Whatever went through may write; what was refused may not.
      if (answer.status < 400 || answer.status === 402 || answer.status === 422) [baseline, since] = [await written(), []];
      else if (since.length >= ROWS_EVERY) {
        expect({ rows: await written(), after: since }).toEqual({ rows: baseline, after: since });
        since = [];
      }
    }),
    { numRuns: CASES, seed: SEED },
  );

  expect(operations.length).toBeGreaterThan(20);
  expect([...seen.keys()].filter((status) => status >= 500)).toEqual([]);
  expect([200, 400, 401, 403, 404].filter((status) => !seen.has(status))).toEqual([]);
}, 1_800_000);

it('left no secret in any table or log', async () => {
  expect(canaries.length).toBeGreaterThan(15);
  expect(await tablesThatHold(system.database, [...canaries, '4242424242424242'])).toEqual([]);
  expect(canaries.filter((canary) => logged.some((line) => line.includes(canary)))).toEqual([]);
});

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly durationMs: number;
}

/** Sends a request; one that takes too long again, and the fastest time counts. */
async function sendInTime(request: BadRequest, credential: Readonly<Record<string, string>>): Promise<Answer> {
  let answer = await send(request, credential);
  for (let tries = 1; tries < TRIES_OF_A_SLOW_ONE && answer.durationMs > MAX_DURATION_MS; tries++) {
    const again = await send(request, credential);
    answer = { ...answer, durationMs: Math.min(answer.durationMs, again.durationMs) };
  }
  return answer;
}

async function send({ method, url, headers, payload }: BadRequest, credential: Readonly<Record<string, string>>): Promise<Answer> {
  const start = performance.now();
  const response = await system.app.inject({
    method,
    url,
    headers: { ...credential, ...headers },
    remoteAddress: '192.0.2.1',
    ...(payload === null ? {} : { payload }),
  });
  const durationMs = performance.now() - start;
  return { status: response.statusCode, type: response.headers['content-type'] ?? '', text: response.body, durationMs };
}

function expectGoodAnswer(request: BadRequest, { status, type, text, durationMs }: Answer): void {
  const report = {
    request: { ...request, payload: request.payload?.toString('latin1').slice(0, 2_000) },
    status,
    text: text.slice(0, 500),
  };
  const problems: string[] = [];
  if (status >= 500) problems.push('a server error');
  if (durationMs > MAX_DURATION_MS) problems.push(`took ${durationMs} ms`);
  if (LEAKS.test(text) && !request.url.startsWith('/api/admin/api-keys')) problems.push('tells of its inside');
  if (status >= 400) {
    if (!type.startsWith('application/problem+json')) problems.push(`is of type ${type}`);
    else problems.push(...problemFaults(text, status));
  }
  expect({ ...report, problems }).toEqual({ ...report, problems: [] });
}

function problemFaults(text: string, status: number): string[] {
  const problem = JSON.parse(text) as Record<string, unknown>;
  const faults = ['type', 'title', 'detail', 'code', 'advice', 'requestId'].filter((member) => typeof problem[member] !== 'string');
  if (problem['status'] !== status) faults.push('status');
  if (problem['type'] !== `urn:upp:problem:${String(problem['code'])}`) faults.push('type of code');
  return faults.map((fault) => `its ${fault} is wrong`);
}

async function written(): Promise<unknown> {
  await system.app.get(SecurityIncidents).flush();
  const counts = tables.map((table) => `(select count(*) from ${table}) as ${table}`).join(', ');
  const [rows] = await system.database.query(`select ${counts}`);
  const { requests } = (await system.control('GET', '/_sandbox/ledger')) as { requests: unknown };
  return { rows, requests };
}

async function ownerCookie(): Promise<string> {
  const email = 'bad-input@example.com';
  const { password, totpSecret, recoveryCodes } = await system.app
    .get(UsersService)
    .create({ email, role: 'owner', merchantId: null }, { actor: 'system:test' });
  const response = await system.app.inject({
    method: 'POST',
    url: '/api/auth/login',
    payload: { email, password, totp: recoveryCodes[0] },
  });
  const cookie = String(response.headers['set-cookie']).split(';', 1)[0] ?? '';
  canaries.push(password, totpSecret, ...recoveryCodes, cookie.split('=')[1] ?? '');
  return cookie;
}

/** Keeps what is written to a stream, which still gets it. */
function listenTo(stream: NodeJS.WriteStream): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  stream.write = (...args: unknown[]) => (logged.push(String(args[0])), write(...args));
  listening.push(() => {
    stream.write = write;
  });
}
