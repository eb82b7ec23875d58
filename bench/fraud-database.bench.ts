/**
 * `npm run bench:fraud:database [-- --runs 100 --attempts 3000]`: the whole assessment over PostgreSQL.
 *
 * Bursts: two processes make 60 attempts with one card at once; exactly five may have seen fewer than five before them. Then how long a
 * quiet decision takes, and how many a second two processes make. Uses DATABASE_URL, else a server of its own.
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
import { FraudCoreModule, FraudService, type FraudAttempt } from '#fraud';
import { currencyCode, money, newId } from '#kernel';
import { runMigrations } from '#migrations';
import { AppConfig, ClockModule, ConfigurationModule, Database, DatabaseModule, EmbeddedPostgres } from '#platform';

const BURST = 60;
const LIMIT = 5;

@Module({})
class Root {}

/** What a worker process is told. */
type Order = { readonly kind: 'burst'; readonly card: string; readonly count: number } | { readonly kind: 'load'; readonly count: number };

const { values } = parseArgs({ options: { runs: { type: 'string', default: '100' }, attempts: { type: 'string', default: '3000' } } });
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
    await measure(workers, database, merchant, app.get(FraudService));
  } finally {
    for (const worker of workers) worker.kill();
    await app.close();
    await own?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(workers: readonly ChildProcess[], database: Database, merchant: string, fraud: FraudService): Promise<void> {
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

  const attempts = Number(values.attempts);
  const times: number[] = [];
  for (let index = 0; index < attempts / 3; index++) {
    const started = performance.now();
    await database.transaction((transaction) => fraud.assess(transaction, anAttempt(merchant, `quiet_${index % 200}`)));
    times.push(performance.now() - started);
  }
  times.sort((first, second) => first - second);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? NaN;
  console.log(
    `one decision in its own durable transaction: p50 ${at(0.5).toFixed(2)} ms, p99 ${at(0.99).toFixed(2)} ms (target: p99 ≤ 10 ms, quiet)`,
  );

  const started = performance.now();
  await Promise.all(workers.map((worker) => order(worker, { kind: 'load', count: attempts / workers.length })));
  const perSecond = Math.round((1_000 * attempts) / (performance.now() - started));
  console.log(`decisions a second, two processes and the database on this machine: ${perSecond} (target: ≥ 1 000)`);
  console.log(
    JSON.stringify({ burstsExact: exact, bursts: runs, decisionP50Ms: at(0.5), decisionP99Ms: at(0.99), decisionsPerSecond: perSecond }),
  );
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
        Array.from({ length: 20 }, () => repeat(message.count / 20, () => assess(anAttempt(merchant, newId('device'))))),
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
