/** The processes that `npm run bench:payments` measures, over one database and one sandbox. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import type pg from 'pg';
import { newId } from '#kernel';
import { runMigrations } from '#migrations';
import { seedFirstRun } from '../scripts/first-run.js';
import { cpuMsOf, postgresCpuMs } from './process-cpu.js';
import type { PaymentTarget } from './payment-load.js';

const DIST = path.resolve(import.meta.dirname, '..');
const WEBHOOK_SECRET = 'whsec_bench_0123456789abcdef';
/** Shops pay from many devices, each now and then: no rule about one device is what is being measured. */
const DEVICES = 4_000;

/** CPU so far, in milliseconds. */
export interface CpuMs {
  readonly api: number;
  readonly worker: number;
  readonly postgres: number;
}

/** Something that takes payments. */
export interface Contender {
  readonly name: string;
  readonly target: PaymentTarget;
  readonly cpu: () => CpuMs;
  /** The ids of the calls to Stripe that each answered payment made. */
  readonly callsOf: (bodies: readonly string[]) => Promise<readonly (readonly string[])[]>;
  /** Resolves when everything that follows from the payments is done. */
  readonly settled: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** The common ground of a run. */
export interface Ground {
  readonly databaseUrl: string;
  readonly database: pg.Pool;
  readonly postmaster: number;
  /** Takes 120 ms in the median and 380 ms at the 99th percentile for each call. */
  readonly latency: string;
}

/** This product: api, worker, sandbox. */
export async function startProduct(ground: Ground): Promise<Contender> {
  const [apiPort = 0, workerPort = 0, sandboxPort = 0] = await freePorts(3);
  const sandbox = await startSandbox(sandboxPort, `http://127.0.0.1:${String(apiPort)}/api/webhooks/stripe`, ground.latency);
  const environment = environmentOf(ground, apiPort, workerPort, sandboxPort);
  const { apiKey, merchantId } = await seedFirstRun(environment);
  const devices = await addDevices(ground.database, merchantId);
  const api = await start('apps/api/src/main.js', environment, /listens/);
  const worker = await start('apps/worker/src/main.js', environment, /works/);
  return {
    name: 'upp',
    target: {
      port: apiPort,
      path: '/api/payments',
      headers: { authorization: `Bearer ${apiKey}` },
      bodyOf: (index) => ({
        amount: 1_099,
        currency: 'usd',
        deviceId: devices[index % devices.length],
        paymentMethod: 'pm_card_visa',
        metadata: { order: String(index) },
      }),
    },
    cpu: () => ({ api: cpuMsOf(api.pid ?? 0), worker: cpuMsOf(worker.pid ?? 0), postgres: postgresCpuMs(ground.postmaster) }),
    callsOf: async (bodies) => {
      const ids = bodies.map((body) => (JSON.parse(body) as { id: string }).id);
      const { rows } = await ground.database.query<{ id: string; calls: string[] }>(
        'select payment_id as id, array_agg(stripe_request_id) as calls from payment_attempts where payment_id = any ($1) group by 1',
        [ids],
      );
      const calls = new Map(rows.map((row) => [row.id, row.calls]));
      return ids.map((id) => calls.get(id) ?? []);
    },
    settled: () => waitUntil(async () => (await countOf(ground.database, 'select count(*) from webhook_jobs')) === 0),
    stop: () => stopAll([api, worker, sandbox]),
  };
}

/** The baseline of naive-payments.ts. */
export async function startNaive(ground: Ground, name: string, holdsTransaction: boolean): Promise<Contender> {
  const [sandboxPort = 0] = await freePorts(1);
  const server = await start(
    'bench/naive-payments.js',
    {
      DATABASE_URL: ground.databaseUrl,
      STRIPE_SECRET_KEY: 'sk_test_0123456789abcdef',
      STRIPE_API_BASE: `http://127.0.0.1:${String(sandboxPort)}`,
      STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
      NAIVE_HOLDS_TRANSACTION: String(holdsTransaction),
    },
    /listening on (\d+)/,
  );
  const port = Number(/listening on (\d+)/.exec(server.firstLines)?.[1]);
  const sandbox = await startSandbox(sandboxPort, `http://127.0.0.1:${String(port)}/webhook`, ground.latency);
  return {
    name,
    target: { port, path: '/', headers: {}, bodyOf: () => ({ amount: 1_099, currency: 'usd', paymentMethod: 'pm_card_visa' }) },
    cpu: () => ({ api: cpuMsOf(server.pid ?? 0), worker: 0, postgres: postgresCpuMs(ground.postmaster) }),
    callsOf: (bodies) => Promise.resolve(bodies.map((body) => (JSON.parse(body) as { requestIds: string[] }).requestIds)),
    settled: () => new Promise((resolve) => setTimeout(resolve, 1_000)),
    stop: () => stopAll([server, sandbox]),
  };
}

/** What the sandbox took for each of its newest calls, by request id. */
export async function sandboxLatencies(contender: Contender): Promise<Readonly<Record<string, number>>> {
  const url = sandboxUrls.get(contender.target.port) ?? '';
  const response = await fetch(`${url}/_sandbox/latency`);
  return ((await response.json()) as { requests: Record<string, number> }).requests;
}

/** Migrates an empty database. */
export async function prepare(url: string): Promise<void> {
  await runMigrations(url);
}

const sandboxUrls = new Map<number, string>();

interface Started extends ChildProcess {
  firstLines: string;
}

function environmentOf(ground: Ground, apiPort: number, workerPort: number, sandboxPort: number): Record<string, string> {
  return {
    NODE_ENV: 'test',
    DATABASE_URL: ground.databaseUrl,
    PORT: String(apiPort),
    WORKER_PORT: String(workerPort),
    STRIPE_SECRET_KEY: 'sk_test_0123456789abcdef',
    STRIPE_API_BASE: `http://127.0.0.1:${String(sandboxPort)}`,
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
    API_KEY_PEPPER: 'pepper-of-the-benchmark-0123456789abcdef',
    ENCRYPTION_KEY: 'encryption-key-of-the-benchmark-0123456789',
    // What Stripe allows an account and what one client may ask are not what is measured; that they are counted is.
    STRIPE_CALLS_PER_SECOND: '10000',
    STRIPE_CONCURRENT_CALLS: '1000',
    RATE_LIMIT_API_PER_15_MINUTES: '1000000',
    RATE_LIMIT_PAYMENTS_PER_MINUTE: '1000000',
    // The queue is to be seen, not shed.
    OVERLOAD_EVENT_LOOP_DELAY_MS: '60000',
    SHUTDOWN_DRAIN_DELAY_MS: '0',
    ...(process.env['BENCH_WEBHOOKS_IN_API'] === undefined ? {} : { WEBHOOK_PROCESS_IN_API: process.env['BENCH_WEBHOOKS_IN_API'] }),
  };
}

async function startSandbox(port: number, webhook: string, latency: string): Promise<Started> {
  const apiPort = Number(new URL(webhook).port);
  sandboxUrls.set(apiPort, `http://127.0.0.1:${String(port)}`);
  const options = ['--port', String(port), '--webhook', webhook, '--webhook-secret', WEBHOOK_SECRET, '--latency', latency];
  return start('apps/stripe-sandbox/src/main.js', {}, /listening/, options);
}

async function start(script: string, environment: Record<string, string>, ready: RegExp, args: string[] = []): Promise<Started> {
  // Profiles of the processes themselves, for those who want to know where the time goes.
  const profile = process.env['BENCH_CPU_PROFILE'];
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const child = Object.assign(
    spawn(process.execPath, [...flags, path.join(DIST, script), ...args], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
    { firstLines: '' },
  );
  running.add(child);
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      if (ready.test(child.firstLines)) return;
      child.firstLines += chunk.toString();
      if (ready.test(child.firstLines)) resolve();
    });
    child.once('exit', () => {
      reject(new Error(`${script} ended: ${child.firstLines}`));
    });
  });
  return child;
}

/** Ends what a failed run has left. */
export function killRest(): void {
  for (const child of running) child.kill('SIGKILL');
}

const running = new Set<ChildProcess>();

async function stopAll(children: readonly ChildProcess[]): Promise<void> {
  await Promise.all(
    children.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
      running.delete(child);
    }),
  );
}

/** Devices that have been known for a day. @returns Their ids. */
async function addDevices(database: pg.Pool, merchantId: string): Promise<string[]> {
  const ids = Array.from({ length: DEVICES }, () => newId('device'));
  await database.query(
    `insert into devices (id, merchant_id, livemode, type, fingerprint, capabilities, credential_hash, credential_last4, registered_at)
     select id, $2, false, 'smartphone', 'fingerprint-' || id, '{nfc}', sha256(id::bytea), 'abcd', now() - interval '1 day' from unnest($1::text[]) as id`,
    [ids, merchantId],
  );
  return ids;
}

async function countOf(database: pg.Pool, sql: string): Promise<number> {
  return (await database.query<{ count: number }>(sql)).rows[0]?.count ?? 0;
}

async function waitUntil(isDone: () => Promise<boolean>): Promise<void> {
  const endsMs = performance.now() + 60_000;
  while (!(await isDone())) {
    if (performance.now() > endsMs) throw new Error('webhooks were not processed within a minute');
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
