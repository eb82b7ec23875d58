import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { createTestDatabase, freePorts, requiresProgram, spawnProcess, type SpawnedProcess, type TestDatabase, waitFor } from '#test';
import { type RunningSandbox, startStripeSandbox } from '../../apps/stripe-sandbox/src/server.js';
import { seedFirstRun } from '../../scripts/first-run.js';

const WEBHOOK_SECRET = 'whsec_scale_0123456789abcdef0123456789';
const REGISTRATIONS = 30;
const DEVICES = 5;
const PAYMENTS_EACH = 6;

interface ApiBody {
  readonly id: string;
  readonly code?: string;
}

requiresProgram('haproxy', 'redis-server')('two api and two worker processes behind haproxy, with Redis', () => {
  let folder: string;
  let database: TestDatabase;
  let sandbox: RunningSandbox;
  let url: string;
  let apiKey: string;
  const refusals: string[] = [];
  let client: pg.Client;
  const apis: SpawnedProcess[] = [];
  const others: SpawnedProcess[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'upp-scale-'));
    database = await createTestDatabase();
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const [proxyPort = 0, redisPort = 0, firstApi = 0, secondApi = 0, firstWorker = 0, secondWorker = 0] = await freePorts(6);
    url = `http://127.0.0.1:${proxyPort}`;
    sandbox = await startStripeSandbox({ webhooks: [{ url: `${url}/api/webhooks/stripe`, secret: WEBHOOK_SECRET }] });
    const environment = {
      NODE_ENV: 'test',
      LOG_LEVEL: 'warn',
      DATABASE_URL: database.url,
      DATABASE_POOL_SIZE: '5',
      STRIPE_SECRET_KEY: 'sk_test_0123456789abcdef',
      STRIPE_API_BASE: sandbox.url,
      STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
      API_KEY_PEPPER: 'pepper-of-the-tests-0123456789abcdef',
      ENCRYPTION_KEY: 'encryption-key-of-the-tests-0123456789',
      REDIS_URL: `redis://127.0.0.1:${redisPort}`,
      TRUSTED_PROXIES: '127.0.0.1',
      RATE_LIMIT_API_PER_15_MINUTES: '100000',
      RATE_LIMIT_PAYMENTS_PER_MINUTE: '10000',
      RATE_LIMIT_DEVICE_REGISTRATIONS_PER_HOUR: String(REGISTRATIONS),
      SHUTDOWN_DRAIN_DELAY_MS: '0',
    };
    const first = await seedFirstRun(environment);
    apiKey = first.apiKey;
    others.push(spawnProcess(['redis-server', '--port', String(redisPort), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']));
    await others[0]?.waitForOutput(/Ready to accept connections/);
    for (const port of [firstApi, secondApi]) {
      apis.push(spawnProcess([process.execPath, 'dist/apps/api/src/main.js'], { env: { ...environment, PORT: String(port) } }));
    }
    for (const port of [firstWorker, secondWorker]) {
      others.push(spawnProcess([process.execPath, 'dist/apps/worker/src/main.js'], { env: { ...environment, WORKER_PORT: String(port) } }));
    }
    writeFileSync(path.join(folder, 'haproxy.cfg'), proxyConfiguration(proxyPort, [firstApi, secondApi]));
    others.push(spawnProcess(['haproxy', '-db', '-f', path.join(folder, 'haproxy.cfg')]));
    for (const api of apis) await api.waitForOutput(/listens on/, { timeoutMs: 30_000 });
    for (const worker of others.slice(1, 3)) await worker.waitForOutput(/The worker works/, { timeoutMs: 30_000 });
    await waitFor(async () => (await fetch(`${url}/health`)).status === 200, { timeoutMs: 20_000 });
    for (let index = 0; index < DEVICES; index++) await register(`payer-${index}`);
    await client.query(`update devices set registered_at = now() - interval '1 day'`);
  }, 90_000);

  afterAll(async () => {
    for (const each of [...apis, ...others]) each.killTree();
    await sandbox.close();
    await client.end();
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function post(route: string, body: unknown, key = ''): Promise<{ status: number; retryAfterSeconds: number; body: ApiBody }> {
    const response = await fetch(`${url}${route}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...(key === '' ? {} : { 'idempotency-key': key }) },
      body: JSON.stringify(body),
    });
    return {
      status: response.status,
      retryAfterSeconds: Number(response.headers.get('retry-after') ?? 1),
      body: (await response.json()) as ApiBody,
    };
  }

  /** As a client does: the same key until there is an answer, as often as it is told to come back. */
  async function payUntilAnswered(body: unknown, key: string): Promise<string> {
    for (const until = performance.now() + 120_000; ;) {
      const answer = await post('/api/payments', body, key).catch(() => null);
      if (answer?.status === 201 || answer?.status === 202) return answer.body.id;
      if (performance.now() > until) throw new Error(`no answer for ${key}: ${refusals.slice(-20).join('; ')}`);
      refusals.push(`${answer?.status ?? 'no answer'} ${answer?.body.code ?? ''}`);
      await delay(1_000 * Math.min(answer?.retryAfterSeconds ?? 1, 5));
    }
  }

  const register = (name: string) =>
    post('/api/devices', { type: 'smartphone', fingerprint: `fingerprint-${name}`, capabilities: ['nfc'] });

  it('give exactly the limit, whichever process is asked', async () => {
    const answers = await Promise.all(Array.from({ length: 2 * REGISTRATIONS }, (_, index) => register(`device-${index}`)));

    expect(answers.filter(({ status }) => status === 201)).toHaveLength(REGISTRATIONS - DEVICES);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(REGISTRATIONS + DEVICES);
  });

  it('lose nothing and charge nobody twice while one api and one worker are killed', async () => {
    const { rows: devices } = await client.query<{ id: string }>(`select id from devices order by id limit $1`, [DEVICES]);
    let answered = 0;

    const paid = devices.flatMap(({ id: deviceId }, device) =>
      Array.from({ length: PAYMENTS_EACH }, async (_, index) => {
        const body = { amount: 1_000 + index, currency: 'usd', deviceId, paymentMethod: 'pm_card_visa' };
        const id = await payUntilAnswered(body, `scale-${device}-${index}`);
        answered += 1;
        return id;
      }),
    );
    await waitFor(() => answered >= 3, { timeoutMs: 60_000 });
    apis[0]?.killTree();
    others[1]?.killTree();
    const ids = await Promise.all(paid);

    expect(new Set(ids).size).toBe(DEVICES * PAYMENTS_EACH);
    await waitFor(
      async () => {
        const { rows } = await client.query<{ status: string; count: number }>(
          `select status, count(*)::int as count from payments group by status order by status`,
        );
        expect(rows).toEqual([{ status: 'succeeded', count: DEVICES * PAYMENTS_EACH }]);
        return true;
      },
      { timeoutMs: 75_000 },
    );
    const ledger = (await (await fetch(`${sandbox.url}/_sandbox/ledger`)).json()) as {
      charges: { status: string; metadata: Record<string, string> }[];
    };
    const charged = ledger.charges.filter(({ status }) => status === 'succeeded').map(({ metadata }) => metadata['upp_payment_id']);
    expect(charged.sort()).toEqual([...ids].sort());
  }, 240_000);
});

function proxyConfiguration(port: number, apiPorts: readonly number[]): string {
  return `
global
  maxconn 500
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  option forwardfor
  option redispatch
  retries 2
frontend public
  bind 127.0.0.1:${port}
  default_backend apis
backend apis
  balance roundrobin
  option httpchk GET /health
  http-check expect status 200
  default-server inter 300ms fall 1 rise 1 check
${apiPorts.map((each, index) => `  server api${index} 127.0.0.1:${each}`).join('\n')}
`;
}
