/**
 * `npm run bench:fraud:database [-- --runs 100 --attempts 3000 --history 300000 --only bursts]`: the whole assessment over PostgreSQL.
 *
 * Bursts: two processes make 60 attempts with one card at once; exactly five may have seen fewer than five before them, or the command fails. Then, over a month of
 * history, how long a quiet decision takes, how many a second two processes make, and what CPU each costs: wall time says little on a machine
 * that is shared. Uses DATABASE_URL, whose server must run here for its CPU to be seen, else a server of its own.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import pg from 'pg';
import { FraudCoreModule, FraudService, type FraudAttempt } from '#fraud';
import { currencyCode, money, newId } from '#kernel';
import { runMigrations } from '#migrations';
import { AppConfig, ClockModule, ConfigurationModule, Database, DatabaseModule, EmbeddedPostgres } from '#platform';
import { cpuMsOf, parentOf, postgresCpuMs } from './process-cpu.js';

const BURST = 60;
const LIMIT = 5;
/** Payments that each process works on at once under load: its pool's usual size. */
const CONCURRENCY = 10;

@Module({})
class Root {}

/** What a worker process is told. */
type Order = { readonly kind: 'burst'; readonly card: string; readonly count: number } | { readonly kind: 'load'; readonly count: number };

/** How many of each the history and the load are spread over; one address in ten is the one of a whole building. */
const POOLS = { device: 2_000, card: 50_000, customer: 40_000, ip: 20_000 };

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100' },
    attempts: { type: 'string', default: '3000' },
    history: { type: 'string', default: '300000' },
    only: { type: 'string' },
  },
});
const merchantId = process.env['BENCH_MERCHANT'];
if (merchantId === undefined) await lead();
else await work(merchantId);

async function lead(): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'upp-bench-'));
  const own =
    process.env['DATABASE_URL'] === undefined ? await EmbeddedPostgres.start({ dataDir: folder, database: 'bench', durable: true }) : null;
  const url = own?.url ?? process.env['DATABASE_URL'] ?? '';
  await runMigrations(url);
  const app = await open(url, 5);
  const database = app.get(Database);
  const merchant = newId('merchant');
  await database.query(
    `insert into merchants (id, name, country, time_zone, default_business_type, enabled_business_types) values ($1, 'Bench', 'us', 'UTC', 'retail', '{retail}')`,
    [merchant],
  );
  const workers = await Promise.all([1, 2].map(() => start(url, merchant)));
  try {
    const burstsExact = await measureBursts(workers, database);
    if (burstsExact < Number(values.runs)) process.exitCode = 1;
    if (values.only === 'bursts') return;
    await addHistory(url, merchant);
    const quiet = await measureQuiet(database, merchant, app.get(FraudService));
    const load = await measureLoad(workers, database);
    console.log(JSON.stringify({ burstsExact, bursts: Number(values.runs), ...quiet, ...load }));
  } finally {
    for (const worker of workers) worker.kill();
    await app.close();
    await own?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureBursts(workers: readonly ChildProcess[], database: Database): Promise<number> {
  const runs = Number(values.runs);
  let exact = 0;
  for (let run = 0; run < runs; run++) {
    const card = `burst_${run}`;
    await Promise.all(workers.map((worker) => order(worker, { kind: 'burst', card, count: BURST / workers.length })));
    const [row] = await database.query<{ passed: number }>(
      `select count(*) filter (where (features -> 'history' -> 'subjects' -> 'card' ->> 'attempts24Hours')::int < $2) as passed
       from fraud_assessments join fraud_attempts using (payment_id) where card = $1`,
      [card, LIMIT],
    );
    if (row?.passed === LIMIT) exact++;
  }
  console.log(`bursts of ${BURST} over two processes, limit ${LIMIT}: exactly ${LIMIT} in ${exact} of ${runs} runs`);
  return exact;
}

/** A month of attempts, as the owner of the tables: the application may not write the past. One attempt in a thousand is labelled. */
async function addHistory(url: string, merchant: string): Promise<void> {
  const owner = new pg.Client({ connectionString: url });
  await owner.connect();
  const pick = (name: keyof typeof POOLS): string => `'${name}_' || floor(random() * ${POOLS[name]})::int`;
  await owner.query(
    `insert into fraud_attempts (merchant_id, livemode, payment_id, business_type, amount_minor, currency, device_id, card, customer_id, ip, attempted_at)
     select $1, false, 'past_' || number, 'retail', 500 + floor(random() * 5000), 'usd', ${pick('device')}, ${pick('card')}, ${pick('customer')},
       '10.0.0.0'::inet + case when random() < 0.1 then 0 else floor(random() * ${POOLS.ip})::int end, now() - interval '30 days' * (1 - number::float8 / $2)
     from generate_series(1, $2::int) as number`,
    [merchant, Number(values.history)],
  );
  await owner.query(
    `insert into fraud_labels (payment_id, merchant_id, livemode, is_fraud, source, source_id, device_id, customer_id, attempted_at)
     select payment_id, merchant_id, livemode, true, 'dispute', 'bench_' || payment_id, device_id, customer_id, attempted_at
     from fraud_attempts where merchant_id = $1 and sequence % 1000 = 0`,
    [merchant],
  );
  await owner.query('vacuum analyze fraud_attempts, fraud_labels');
  await owner.end();
}

async function measureQuiet(database: Database, merchant: string, fraud: FraudService): Promise<object> {
  const times: number[] = [];
  for (let index = 0; index < Number(values.attempts) / 3; index++) {
    const started = performance.now();
    await database.transaction((transaction) => fraud.assess(transaction, aBusyAttempt(merchant)));
    times.push(performance.now() - started);
  }
  times.sort((first, second) => first - second);
  const at = (share: number): number => Number((times[Math.floor(times.length * share)] ?? NaN).toFixed(2));
  const [decisionP50Ms, decisionP99Ms] = [at(0.5), at(0.99)];
  console.log(
    `one decision in its own durable transaction: p50 ${decisionP50Ms} ms, p99 ${decisionP99Ms} ms (target: p99 ≤ 10 ms, quiet); load ${os.loadavg()[0]?.toFixed(1) ?? ''}`,
  );
  return { decisionP50Ms, decisionP99Ms };
}

async function measureLoad(workers: readonly ChildProcess[], database: Database): Promise<object> {
  const attempts = Number(values.attempts);
  const [row] = await database.query<{ pid: number }>('select pg_backend_pid() as pid');
  const postmaster = parentOf(row?.pid ?? 0);
  const nodeCpuMs = (): number => workers.reduce((sum, { pid = 0 }) => sum + cpuMsOf(pid), 0);
  const load = (): Promise<unknown> =>
    Promise.all(workers.map((worker) => order(worker, { kind: 'load', count: attempts / workers.length })));
  // Connections, plans and compiled code as in a process that has run for a minute.
  await load();
  const before = { node: nodeCpuMs(), postgres: postgresCpuMs(postmaster), at: performance.now() };
  await load();
  const decisionsPerSecond = Math.round((1_000 * attempts) / (performance.now() - before.at));
  const each = (cpuMs: number): number => Number((cpuMs / attempts).toFixed(3));
  const [found] = await database.query<{ degraded: number }>(
    `select count(*)::int as degraded from fraud_assessments where (contributions ->> 'isDegraded')::boolean`,
  );
  const [nodeMs, postgresMs] = [each(nodeCpuMs() - before.node), each(postgresCpuMs(postmaster) - before.postgres)];
  console.log(
    `decisions a second, two processes and the database on this machine: ${decisionsPerSecond} (target: ≥ 1 000); ` +
      `CPU of each: Node ${nodeMs} ms, PostgreSQL ${postgresMs} ms; load ${os.loadavg()[0]?.toFixed(1) ?? ''}`,
  );
  console.log(`of all of these, ran out of time and were judged by less: ${found?.degraded ?? 0}`);
  return { decisionsPerSecond, nodeMs, postgresMs, degraded: found?.degraded };
}

async function start(url: string, merchant: string): Promise<ChildProcess> {
  const worker = fork(fileURLToPath(import.meta.url), { env: { ...process.env, DATABASE_URL: url, BENCH_MERCHANT: merchant } });
  await once(worker, 'message');
  return worker;
}

async function order(worker: ChildProcess, message: Order): Promise<void> {
  const done = once(worker, 'message');
  worker.send(message);
  await done;
}

async function work(merchant: string): Promise<void> {
  const app = await open(process.env['DATABASE_URL'] ?? '', 20);
  const [database, fraud] = [app.get(Database), app.get(FraudService)];
  const assess = (attempt: FraudAttempt) => database.transaction((transaction) => fraud.assess(transaction, attempt));
  process.on('message', (message: Order) => {
    const finish = (): void => void process.send?.('done');
    if (message.kind === 'burst') {
      void Promise.all(Array.from({ length: message.count }, () => assess(anAttempt(merchant, newId('device'), message.card)))).then(
        finish,
      );
    } else {
      void Promise.all(
        Array.from({ length: CONCURRENCY }, () => repeat(message.count / CONCURRENCY, () => assess(aBusyAttempt(merchant)))),
      ).then(finish);
    }
  });
  process.send?.('ready');
}

async function repeat(times: number, action: () => Promise<unknown>): Promise<void> {
  for (let index = 0; index < times; index++) await action();
}

function open(url: string, poolSize: number) {
  const config = new AppConfig({
    NODE_ENV: 'test',
    DATABASE_URL: url,
    DATABASE_POOL_SIZE: String(poolSize),
    STRIPE_SECRET_KEY: 'sk_test_0123456789',
    API_KEY_PEPPER: 'pepper pepper pepper pepper pepper',
    ENCRYPTION_KEY: 'encryption encryption encryption k',
  });
  const imports = [ConfigurationModule.forRoot(config), ClockModule, DatabaseModule, FraudCoreModule];
  return NestFactory.createApplicationContext({ module: Root, imports }, { logger: ['error'] });
}

/** Of a device, card, customer and address with a past. */
function aBusyAttempt(merchant: string): FraudAttempt {
  const pick = (name: keyof typeof POOLS): number => Math.floor(Math.random() * POOLS[name]);
  const host = Math.random() < 0.1 ? 0 : pick('ip');
  return {
    ...anAttempt(merchant, `device_${pick('device')}`, `card_${pick('card')}`),
    customerId: `customer_${pick('customer')}`,
    email: `someone${pick('customer')}@example.com`,
    ip: `10.0.${host >> 8}.${host & 255}`,
  };
}

function anAttempt(merchant: string, device: string, card: string | null = null): FraudAttempt {
  return {
    paymentId: newId('payment'),
    merchantId: merchant,
    livemode: false,
    amount: money(1_099, currencyCode('usd')),
    businessType: 'retail',
    method: 'card',
    timeZone: 'UTC',
    device: {
      id: device,
      registeredAt: new Date('2026-01-01T00:00:00Z'),
      status: 'active',
      capabilityCount: 1,
      fingerprintMatches: null,
      isAutomationAuthorised: true,
    },
    card,
    customerId: null,
    email: null,
    ip: null,
    location: null,
  };
}
