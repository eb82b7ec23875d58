/**
 * `npm run bench:payments`: what a payment costs, and how many a second one api, one worker and one PostgreSQL on this machine make of them.
 *
 * Payments arrive when they please (Poisson) at each rate in turn; the sandbox takes 120 ms in the median and 380 ms at the 99th percentile for each of
 * the two calls. "Added" is the time to the answer less what the sandbox took. The same load then meets a naive handler (naive-payments.ts), with and
 * without a transaction across its calls. The last line is JSON.
 *
 * | variable | meaning | default |
 * |---|---|---|
 * | `BENCH_RATES` | payments offered a second, one run each | `50,100,200,400` |
 * | `BENCH_SECONDS` | length of a run | 8 |
 * | `BENCH_CONTENDERS` | of `upp`, `naive`, `naive_transaction` | all |
 * | `BENCH_HISTORY` | instead: payments of history, one run each at the first rate | |
 * | `BENCH_DATABASE_URL` | a server of which we are superuser, fsync on; without it an embedded one | |
 * | `BENCH_CPU_PROFILE` | a folder for CPU profiles of the processes | |
 */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { EmbeddedPostgres } from '#platform';
import { addHistory } from './payment-history.js';
import { arrive } from './payment-load.js';
import {
  type Contender,
  type CpuMs,
  type Ground,
  killRest,
  prepare,
  sandboxLatencies,
  startNaive,
  startProduct,
} from './payment-system.js';
import { parentOf } from './process-cpu.js';
import { printStatements } from './statements.js';

const RATES = (process.env['BENCH_RATES'] ?? '50,100,200,400').split(',').map(Number);
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 8);
const CONTENDERS = (process.env['BENCH_CONTENDERS'] ?? 'upp,naive,naive_transaction').split(',');
const HISTORY = (process.env['BENCH_HISTORY'] ?? '').split(',').filter(Boolean).map(Number);
const LATENCY = '120:380';
const WARM_UP = { perSecond: 60, seconds: 4 };
const SAMPLE_MS = 200;

/** What one run at one rate measured. */
interface Figures {
  readonly offeredPerSecond: number;
  readonly donePerSecond: number;
  readonly failed: number;
  /** Milliseconds to the answer less what the sandbox took. */
  readonly addedP50Ms: number;
  readonly addedP99Ms: number;
  /** Milliseconds of CPU for each payment. */
  readonly cpuMs: CpuMs & { readonly total: number };
  /** Connections that were doing something or held a transaction, and payments in flight; both means over the run. */
  readonly connections: number;
  readonly inFlight: number;
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'upp-bench-'));
const given = process.env['BENCH_DATABASE_URL'];
const embedded = given === undefined ? await EmbeddedPostgres.start({ dataDir: folder, database: 'postgres', durable: true }) : null;
const serverUrl = given ?? embedded?.url ?? '';
const admin = poolOf(serverUrl);
const databases: string[] = [];
let serial = 0;

try {
  console.log(`load average ${os.loadavg().map(round).join(' ')}, ${String(os.cpus().length)} cores`);
  if (HISTORY.length > 0) await compareHistories();
  else await compareContenders();
} finally {
  killRest();
  for (const name of databases) await admin.query(`drop database if exists ${name} with (force)`);
  await admin.end();
  await embedded?.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function compareContenders(): Promise<void> {
  const figures: Record<string, Figures> = {};
  for (const name of CONTENDERS) {
    await onGround(name, async (ground) => {
      const contender = name === 'upp' ? await startProduct(ground) : await startNaive(ground, name, name === 'naive_transaction');
      await warmUp(contender, ground);
      for (const perSecond of RATES) {
        const result = await measure(contender, ground, { perSecond, seconds: SECONDS });
        figures[`${name}@${String(perSecond)}`] = result;
        print(name, result);
      }
      await contender.stop();
      if (name === 'upp') await printStatements(ground.database);
    });
  }
  const [first = 0] = RATES;
  const last = RATES.at(-1) ?? 0;
  const ratioOf = (name: string, rate: number, of: (each: Figures) => number): number | null => {
    const [ours, theirs] = [figures[`upp@${String(rate)}`], figures[`${name}@${String(rate)}`]];
    return ours && theirs ? round(of(ours) / of(theirs)) : null;
  };
  const ratios = {
    cpu_vs_naive: ratioOf('naive', first, ({ cpuMs }) => cpuMs.total),
    done_vs_naive: ratioOf('naive', last, ({ donePerSecond }) => donePerSecond),
    done_vs_naive_transaction: ratioOf('naive_transaction', last, ({ donePerSecond }) => donePerSecond),
    added_p99_vs_naive_transaction: ratioOf('naive_transaction', last, ({ addedP99Ms }) => addedP99Ms),
  };
  console.log(JSON.stringify({ ratios, figures }));
}

/** The cost of a payment on top of a long history, against that on top of a short one. */
async function compareHistories(): Promise<void> {
  const figures: Record<string, Figures> = {};
  const [perSecond = 50] = RATES;
  for (const payments of HISTORY) {
    await onGround(`history_${String(payments)}`, async (ground) => {
      const contender = await startProduct(ground);
      await addHistory(ground.database, payments);
      await warmUp(contender, ground);
      const result = await measure(contender, ground, { perSecond, seconds: SECONDS });
      figures[String(payments)] = result;
      print(String(payments), result);
      await contender.stop();
    });
  }
  const [short, long] = [figures[String(HISTORY[0])], figures[String(HISTORY.at(-1))]];
  const ratios =
    short && long ? { cpu: round(long.cpuMs.total / short.cpuMs.total), postgres: round(long.cpuMs.postgres / short.cpuMs.postgres) } : {};
  console.log(JSON.stringify({ ratios, figures }));
}

async function onGround(name: string, work: (ground: Ground) => Promise<void>): Promise<void> {
  const databaseName = `upp_bench_${String(process.pid)}_${name}`;
  await admin.query(`create database ${databaseName}`);
  databases.push(databaseName);
  const url = new URL(serverUrl);
  url.pathname = `/${databaseName}`;
  const databaseUrl = url.toString();
  await prepare(databaseUrl);
  const database = poolOf(databaseUrl);
  await database.query('checkpoint');
  try {
    await work({ databaseUrl, database, postmaster: await postmasterPid(), latency: LATENCY });
  } finally {
    await database.end();
  }
}

/** Connections and caches are made, and the statistics that autovacuum gathers within a database's first minute: plans for empty tables are no good. */
async function warmUp(contender: Contender, ground: Ground): Promise<void> {
  await measure(contender, ground, WARM_UP);
  await ground.database.query('vacuum (analyze)');
  await measure(contender, ground, WARM_UP);
}

async function measure(contender: Contender, ground: Ground, load: { perSecond: number; seconds: number }): Promise<Figures> {
  const before = contender.cpu();
  const inFlight: number[] = [];
  const connections: number[] = [];
  const sampler = setInterval(() => {
    void busyConnections(ground.databaseUrl).then((count) => connections.push(count));
  }, SAMPLE_MS);
  const run = await arrive(contender.target, { ...load, firstIndex: serial, prefix: contender.name }, (count) => inFlight.push(count));
  clearInterval(sampler);
  serial += run.offered;
  await contender.settled();
  const after = contender.cpu();
  const done = run.answers.filter(({ status }) => status === 201);
  const calls = await contender.callsOf(done.map(({ body }) => body));
  const latencies = await sandboxLatencies(contender);
  const added = done.map(({ totalMs }, index) => totalMs - (calls[index] ?? []).reduce((sum, id) => sum + (latencies[id] ?? 0), 0));
  const per = (part: keyof CpuMs): number => round((after[part] - before[part]) / Math.max(1, done.length));
  const cpuMs = { api: per('api'), worker: per('worker'), postgres: per('postgres') };
  return {
    offeredPerSecond: round(run.offered / load.seconds),
    donePerSecond: round(done.length / run.seconds),
    failed: run.offered - done.length,
    addedP50Ms: quantile(added, 0.5),
    addedP99Ms: quantile(added, 0.99),
    cpuMs: { ...cpuMs, total: round(cpuMs.api + cpuMs.worker + cpuMs.postgres) },
    connections: mean(connections),
    inFlight: mean(inFlight),
  };
}

function print(name: string, figures: Figures): void {
  const { cpuMs } = figures;
  console.log(
    `${name.padEnd(18)} offered ${String(figures.offeredPerSecond).padStart(6)}/s  done ${String(figures.donePerSecond).padStart(6)}/s  failed ${String(figures.failed)}` +
      `  added p50 ${String(figures.addedP50Ms)} p99 ${String(figures.addedP99Ms)} ms` +
      `  CPU ms/payment ${String(cpuMs.total)} = api ${String(cpuMs.api)} + worker ${String(cpuMs.worker)} + postgres ${String(cpuMs.postgres)}` +
      `  connections ${String(figures.connections)} of ${String(figures.inFlight)} in flight`,
  );
}

/** Of the product's or the baseline's pools: neither ours nor those that rest. */
async function busyConnections(databaseUrl: string): Promise<number> {
  const { rows } = await admin.query<{ count: number }>(
    `select count(*) as count from pg_stat_activity where datname = $1 and backend_type = 'client backend' and state <> 'idle'`,
    [new URL(databaseUrl).pathname.slice(1)],
  );
  return rows[0]?.count ?? 0;
}

function poolOf(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  // Connections that rest when the server stops.
  pool.on('error', () => undefined);
  return pool;
}

/** The server that all backends of this run are children of. */
async function postmasterPid(): Promise<number> {
  const { rows } = await admin.query<{ pid: number }>('select pg_backend_pid() as pid');
  return parentOf(rows[0]?.pid ?? 0);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN);
}

function mean(values: readonly number[]): number {
  return round(values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
