import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePorts, spawnProcess, waitFor, type SpawnedProcess } from '#test';

const START = path.resolve('dist/scripts/start.js');
const CASE_TIMEOUT_MS = 120_000;
const PAYMENTS = 6;

interface Credentials {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly stripeSandboxUrl: string;
}

interface Payment {
  readonly id: string;
  readonly status: string;
}

/** `npm start` itself: the real api, worker, sandbox and database, each killed while payments run. */
describe('npm start', () => {
  let home: string;
  let product: SpawnedProcess;
  let ports: number[];
  let credentials: Credentials;

  beforeAll(async () => {
    home = mkdtempSync(path.join(os.tmpdir(), 'upp-start-'));
    ports = await freePorts(3);
    product = await start();
    credentials = JSON.parse(readFileSync(path.join(home, '.upp/credentials.json'), 'utf8')) as Credentials;
  }, CASE_TIMEOUT_MS);

  afterAll(async () => {
    product.killTree();
    await waitFor(() => product.livingProcesses().length === 0, { timeoutMs: 10_000 });
    rmSync(home, { recursive: true, force: true });
  });

  async function start(): Promise<SpawnedProcess> {
    const [api, worker, sandbox] = ports;
    const spawned = spawnProcess([process.execPath, START], {
      cwd: home,
      env: {
        PORT: String(api),
        WORKER_PORT: String(worker),
        STRIPE_SANDBOX_PORT: String(sandbox),
        UPP_DATA_DIR: undefined,
        DATABASE_URL: undefined,
        STRIPE_SECRET_KEY: undefined,
        // The client below asks again far more often than a real one may.
        RATE_LIMIT_API_PER_15_MINUTES: '1000000',
        RATE_LIMIT_PAYMENTS_PER_MINUTE: '1000000',
        RATE_LIMIT_DEVICE_REGISTRATIONS_PER_HOUR: '1000000',
      },
    });
    await spawned.waitForOutput(/is running/, { timeoutMs: 60_000 });
    return spawned;
  }

  function call(method: string, route: string, options: { readonly body?: unknown; readonly key?: string } = {}): Promise<Response> {
    return fetch(`${credentials.baseUrl}${route}`, {
      method,
      headers: {
        authorization: `Bearer ${credentials.apiKey}`,
        ...(options.body !== undefined && { 'content-type': 'application/json' }),
        ...(options.key !== undefined && { 'idempotency-key': options.key }),
      },
      ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
    });
  }

  /** A device for each payment: one alone may not pay as often as the cases do. */
  async function register(name: string): Promise<string> {
    const body = { type: 'smartphone', fingerprint: `fingerprint-of-${name}`, capabilities: ['nfc'] };
    const response = await call('POST', '/api/devices', { body });
    expect(response.status).toBe(201);
    return ((await response.json()) as { id: string }).id;
  }

  /** Pays as a careful client does: with the same key, until there is an answer that will not change. */
  async function pay(key: string, deviceId: string): Promise<Payment> {
    const body = { amount: 1_000, currency: 'usd', deviceId, paymentMethod: 'pm_card_visa' };
    const response = await waitFor(
      async () => {
        const answer = await call('POST', '/api/payments', { body, key });
        return answer.status >= 500 || answer.status === 409 ? false : answer;
      },
      { timeoutMs: 60_000 },
    );
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${text}`);
    return JSON.parse(text) as Payment;
  }

  /** How often the sandbox charged a payment; the sandbox may be on its way up again. */
  async function chargesOf(paymentId: string): Promise<number> {
    const ledger = await waitFor(
      async () =>
        (await (await fetch(`${credentials.stripeSandboxUrl}/_sandbox/ledger`)).json()) as {
          charges: { status: string; metadata: Record<string, string> }[];
        },
    );
    return ledger.charges.filter(({ status, metadata }) => status === 'succeeded' && metadata['upp_payment_id'] === paymentId).length;
  }

  /** The processes that the launcher has written down, by name. */
  function pidOf(name: string): number {
    const children = JSON.parse(readFileSync(path.join(home, '.upp/children.json'), 'utf8')) as { name: string; pid: number }[];
    return children.find((child) => child.name === name)?.pid ?? 0;
  }

  const serverPid = (): number => Number.parseInt(readFileSync(path.join(home, '.upp/postgres/pg18/postmaster.pid'), 'utf8'), 10);

  const victims: [string, () => void][] = [
    ['the api', () => process.kill(pidOf('api'), 'SIGKILL')],
    ['the worker', () => process.kill(pidOf('worker'), 'SIGKILL')],
    ['the sandbox', () => process.kill(pidOf('stripe'), 'SIGKILL')],
    ['the database', () => process.kill(serverPid(), 'SIGKILL')],
  ];

  it.each(victims)(
    'charges each payment exactly once when %s is killed in the middle',
    async (victim, kill) => {
      const keys = Array.from({ length: PAYMENTS }, (_, index) => `${victim.replaceAll(' ', '-')}-${index}`);
      const devices = await Promise.all(keys.map(register));
      const payments = keys.map((key, index) => pay(key, devices[index] ?? ''));
      await Promise.race(payments);
      kill();

      const answers = await Promise.all(payments);

      for (const { id } of answers) {
        const settled = await waitFor(
          async () => {
            const payment = (await (await call('GET', `/api/payments/${id}`)).json()) as Payment;
            return payment.status === 'succeeded' ? payment : false;
          },
          { timeoutMs: 60_000 },
        );
        expect(settled.status).toBe('succeeded');
        await expect(chargesOf(id)).resolves.toBe(1);
      }
      expect(new Set(answers.map(({ id }) => id)).size).toBe(PAYMENTS);
    },
    CASE_TIMEOUT_MS,
  );

  it(
    'keeps every answered payment over a kill -9 of the whole',
    async () => {
      const deviceId = await register('the-device-of-before');
      const paid = await pay('before-the-kill', deviceId);
      product.killTree();
      await product.exited;

      product = await start();

      await expect(pay('before-the-kill', deviceId)).resolves.toMatchObject({ id: paid.id, status: paid.status });
      await expect(chargesOf(paid.id)).resolves.toBe(1);
    },
    CASE_TIMEOUT_MS,
  );

  it(
    'stops everything on SIGTERM',
    async () => {
      await expect(product.stop('SIGTERM', 10_000)).resolves.toEqual({ code: 0, signal: null });

      expect(product.livingProcesses()).toEqual([]);
    },
    CASE_TIMEOUT_MS,
  );
});
