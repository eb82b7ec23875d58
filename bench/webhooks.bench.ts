/**
 * Measures the intake of webhooks against what else can be had, all in one run and taking turns: CPU of server and PostgreSQL per
 * acknowledged event, events per second, latencies; then duplicates, processing, pick-up, WAL and disk. The last line is JSON.
 *
 * `BENCH_DATABASE_URL` names a server to use (a superuser's URL, fsync on, otherwise idle); without it an embedded one is started.
 * `BENCH_SECONDS` and `BENCH_ROUNDS` change the length of a round and their number at 64 connections.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { runMigrations } from '#migrations';
import { EmbeddedPostgres } from '#platform';
import { cpuMsOf, parentOf, postgresCpuMs } from './process-cpu.js';
import { load, type LoadResult, type SignedEvent, signedEvents } from './webhook-load.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PEERS = path.join(ROOT, 'bench/peers');
const SECRET = 'whsec_bench_0123456789abcdef';
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 2);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const LADDER: readonly { connections: number; rounds: number }[] = [
  { connections: 1, rounds: 2 },
  { connections: 16, rounds: 2 },
  { connections: 64, rounds: ROUNDS },
];
const BACKLOG = 10_000;

/** A server under load and how to count what it stored. */
interface Contender {
  readonly name: string;
  readonly path: string;
  readonly process: ChildProcess;
  readonly port: number;
  readonly database: pg.Pool;
  readonly count: string | null;
}

/** One round of one contender. */
interface Round extends LoadResult {
  readonly cpuUs: number;
  readonly serverUs: number;
  readonly postgresUs: number;
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'upp-bench-'));
const embedded = process.env['BENCH_DATABASE_URL']
  ? null
  : await EmbeddedPostgres.start({ dataDir: folder, database: 'postgres', durable: true });
const serverUrl = process.env['BENCH_DATABASE_URL'] ?? embedded?.url ?? '';
const admin = new pg.Pool({ connectionString: serverUrl, max: 1 });
const started: { process: ChildProcess; database: pg.Pool }[] = [];
const databases: string[] = [];
let serial = 0;

try {
  await main();
} finally {
  for (const { process: child, database } of started) {
    child.kill('SIGKILL');
    await database.end();
  }
  for (const name of databases) await admin.query(`drop database if exists ${name} with (force)`);
  await admin.end();
  await embedded?.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function main(): Promise<void> {
  const postmaster = await postmasterPid();
  const ours = await startOurs('upp', 'apps/api/src/main.js', { WEBHOOK_PROCESS_IN_API: 'false' });
  const contenders = [ours, ...(await startPeers())];
  console.log(`\nconnections  server               events/s   p50 ms   p99 ms   CPU µs/event (server + PostgreSQL)`);
  const medians = new Map<string, Round>();
  for (const { connections, rounds } of LADDER) {
    const results = new Map<string, Round[]>(contenders.map(({ name }) => [name, []]));
    for (let round = -1; round < rounds; round++) {
      for (const contender of contenders) {
        const result = await measure(contender, postmaster, connections);
        // The first round warms up.
        if (round >= 0) results.get(contender.name)?.push(result);
      }
    }
    for (const { name } of contenders) {
      const median = medianOf(results.get(name) ?? []);
      medians.set(`${name}@${String(connections)}`, median);
      print(String(connections), name, median);
    }
  }
  const bareInsertMs = await bareInsert(ours.database);
  const duplicates = await measureDuplicates(ours, postmaster);
  const footprint = await measureFootprint(ours);
  const processing = await measureProcessing();
  report(medians, { bareInsertMs, ...duplicates, ...footprint, ...processing });
}

async function measure(contender: Contender, postmaster: number, connections: number): Promise<Round> {
  const events = signedEvents(
    Math.ceil(SECONDS * (connections === 1 ? 1_500 : 14_000)),
    `${contender.name[0] ?? ''}${String(++serial)}x`,
    SECRET,
  );
  const acknowledged: SignedEvent[] = [];
  const before = { server: cpuMsOf(contender.process.pid ?? 0), postgres: postgresCpuMs(postmaster), stored: await storedBy(contender) };
  const result = await load({ port: contender.port, path: contender.path }, events, {
    connections,
    seconds: SECONDS,
    onAccepted: (event) => acknowledged.push(event),
  });
  const serverUs = ((cpuMsOf(contender.process.pid ?? 0) - before.server) * 1_000) / Math.max(1, result.accepted);
  const postgresUs = ((postgresCpuMs(postmaster) - before.postgres) * 1_000) / Math.max(1, result.accepted);
  const stored = (await storedBy(contender)) - before.stored;
  if (contender.count !== null && stored !== acknowledged.length) {
    throw new Error(`${contender.name} acknowledged ${String(acknowledged.length)} events and stored ${String(stored)}`);
  }
  return { ...result, cpuUs: serverUs + postgresUs, serverUs, postgresUs };
}

async function storedBy(contender: Contender): Promise<number> {
  if (contender.count === null) return 0;
  const { rows } = await contender.database.query<{ count: string }>(contender.count);
  return Number(rows[0]?.count ?? 0);
}

/** The same insert without anything around it, one at a time: the floor of one connection's latency. */
async function bareInsert(database: pg.Pool): Promise<number> {
  const client = await database.connect();
  const times: number[] = [];
  const [event] = signedEvents(1, 'bare', SECRET);
  for (let index = 0; index < 300; index++) {
    const startedMs = performance.now();
    await client.query({
      name: 'bare',
      text: `with stored as (insert into webhook_events (livemode, stripe_event_id, type, stripe_created_at, payload)
        values (false, $1, 'bare', now(), $2) returning sequence) insert into webhook_jobs (event_sequence) select sequence from stored`,
      values: [`evt_bare${String(index)}`, event?.body],
    });
    times.push(performance.now() - startedMs);
  }
  client.release();
  return middle(times);
}

async function measureDuplicates(ours: Contender, postmaster: number): Promise<{ duplicatePostgresUs: number }> {
  const events = signedEvents(4_000, 'dup', SECRET);
  const target = { port: ours.port, path: ours.path };
  await load(target, events, { connections: 64, seconds: 30 });
  const before = { postgres: postgresCpuMs(postmaster), stored: await storedBy(ours) };
  const { accepted } = await load(target, events, { connections: 64, seconds: 30 });
  if ((await storedBy(ours)) !== before.stored) throw new Error('a duplicate was stored');
  return { duplicatePostgresUs: ((postgresCpuMs(postmaster) - before.postgres) * 1_000) / accepted };
}

async function measureFootprint(ours: Contender): Promise<{ walBytesPerEvent: number; diskBytesPerEvent: number }> {
  const numberOf = async (sql: string): Promise<number> => Number((await ours.database.query<{ value: string }>(sql)).rows[0]?.value ?? 0);
  const walSql = `select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') as value`;
  await ours.database.query('checkpoint');
  const disk = `select pg_total_relation_size('webhook_events') as value`;
  const before = { wal: await numberOf(walSql), disk: await numberOf(disk) };
  const { accepted } = await load({ port: ours.port, path: ours.path }, signedEvents(20_000, 'wal', SECRET), {
    connections: 64,
    seconds: 30,
  });
  return {
    walBytesPerEvent: Math.round(((await numberOf(walSql)) - before.wal) / accepted),
    diskBytesPerEvent: Math.round(((await numberOf(disk)) - before.disk) / accepted),
  };
}

/** A backlog worked off with one row per event, then single events into an idle inbox. */
async function measureProcessing(): Promise<{ processedPerSecond: number; pickUpP50Ms: number; pickUpP99Ms: number }> {
  const storing = await startOurs('backlog', 'test/webhooks/webhook-server.js', { WEBHOOK_PROCESS_IN_API: 'false' });
  await storing.database.query('create table webhook_test_effects (event_id text primary key, object_id text)');
  await load({ port: storing.port, path: storing.path }, signedEvents(BACKLOG, 'backlog', SECRET), { connections: 64, seconds: 60 });
  await storing.database.query('analyze');
  storing.process.kill('SIGKILL');
  const url = databaseUrl(databases.at(-1) ?? '');
  const working = await startServer('working', 'test/webhooks/webhook-server.js', url, { WEBHOOK_PROCESS_IN_API: 'true' });
  const { rows } = await waitUntilDone(working.database, BACKLOG);
  const seconds = Number(rows[0]?.seconds ?? 1);
  // Single events, each after the last one is done.
  for (const event of signedEvents(100, 'pickup', SECRET)) {
    await load({ port: working.port, path: working.path }, [event], { connections: 1, seconds: 10 });
  }
  await waitUntilDone(working.database, BACKLOG + 100);
  const latencies = await working.database.query<{ p50: number; p99: number }>(
    `select percentile_cont(0.5) within group (order by ms) as p50, percentile_cont(0.99) within group (order by ms) as p99 from (
       select extract(epoch from a.at - e.received_at)::float8 * 1000 as ms from webhook_attempts a join webhook_events e on e.sequence = a.event_sequence
       where e.stripe_event_id like 'evt_pickup%') latencies`,
  );
  return {
    processedPerSecond: Math.round((BACKLOG - 50) / seconds),
    pickUpP50Ms: round(latencies.rows[0]?.p50 ?? 0),
    pickUpP99Ms: round(latencies.rows[0]?.p99 ?? 0),
  };
}

async function waitUntilDone(database: pg.Pool, count: number): Promise<pg.QueryResult<{ seconds: string; count: string }>> {
  for (;;) {
    const result = await database.query<{ seconds: string; count: string }>(
      'select count(*) as count, extract(epoch from max(at) - min(at)) as seconds from webhook_attempts',
    );
    if (Number(result.rows[0]?.count) >= count) return result;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function report(medians: ReadonlyMap<string, Round>, figures: Record<string, number>): void {
  const at64 = (name: string): Round | undefined => medians.get(`${name}@64`);
  const ours = at64('upp');
  const ratio = (value: number | undefined, base: number | undefined): number | null =>
    value === undefined || base === undefined || base === 0 ? null : round(value / base);
  const ratios = {
    cpu_vs_supabase: ratio(at64('supabase')?.cpuUs, ours?.cpuUs),
    cpu_vs_stripe_sync_engine: ratio(at64('stripe_sync_engine')?.cpuUs, ours?.cpuUs),
    cpu_vs_quickstart: ratio(at64('quickstart')?.cpuUs, ours?.cpuUs),
    cpu_vs_golevelup: ratio(at64('golevelup')?.cpuUs, ours?.cpuUs),
    wall_vs_supabase: ratio(ours?.perSecond, at64('supabase')?.perSecond),
    wall_vs_stripe_sync_engine: ratio(ours?.perSecond, at64('stripe_sync_engine')?.perSecond),
    wall_vs_fastify: ratio(ours?.perSecond, at64('fastify')?.perSecond),
    p99_vs_supabase: ratio(at64('supabase')?.p99, ours?.p99),
  };
  const p50AtOne = medians.get('upp@1')?.p50;
  console.log(
    `\none connection: p50 ${String(round(p50AtOne ?? 0))} ms; the same insert alone ${String(round(figures['bareInsertMs'] ?? 0))} ms`,
  );
  const rounded = Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, round(value)]));
  const rows = Object.fromEntries(
    [...medians].map(([name, { perSecond, p50, p99, cpuUs, serverUs, postgresUs }]) => [
      name,
      {
        perSecond: Math.round(perSecond),
        p50: round(p50),
        p99: round(p99),
        cpuUs: Math.round(cpuUs),
        serverUs: Math.round(serverUs),
        postgresUs: Math.round(postgresUs),
      },
    ]),
  );
  console.log(JSON.stringify({ ratios, figures: { ...rounded, p50AtOneMs: round(p50AtOne ?? 0), ...rows } }));
}

async function startOurs(name: string, script: string, environment: Record<string, string>): Promise<Contender> {
  const url = await createDatabase(name);
  await runMigrations(url);
  return startServer(name, script, url, environment);
}

async function startServer(name: string, script: string, url: string, environment: Record<string, string>): Promise<Contender> {
  const env = {
    DATABASE_URL: url,
    STRIPE_SECRET_KEY: 'sk_test_0123456789abcdef',
    STRIPE_WEBHOOK_SECRET: SECRET,
    API_KEY_PEPPER: 'pepper-of-the-benchmark-0123456789abcdef',
    ENCRYPTION_KEY: 'encryption-key-of-the-benchmark-0123456789',
    ...environment,
  };
  const count = `select count(*) as count from webhook_events`;
  return start({ name, path: '/api/webhooks/stripe', count }, [path.join(ROOT, 'dist', script)], url, env);
}

async function startPeers(): Promise<Contender[]> {
  // One peer's migrations grant rights to a role of this name.
  await admin.query(`do $$ begin create role postgres; exception when duplicate_object then null; end $$`);
  if (!existsSync(path.join(PEERS, 'node_modules'))) {
    console.log('installing the peers …');
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps'], { cwd: PEERS, stdio: 'inherit' });
  }
  const peers = [
    { name: 'fastify', path: '/webhook', count: null },
    { name: 'quickstart', path: '/webhook', count: 'select count(*) as count from peer_events' },
    { name: 'golevelup', path: '/webhook/webhook', count: 'select count(*) as count from peer_events' },
    { name: 'supabase', path: '/webhook', count: 'select count(*) as count from stripe.payment_intents' },
    { name: 'stripe_sync_engine', path: '/webhook', count: 'select count(*) as count from stripe.payment_intents' },
  ];
  const running: Contender[] = [];
  for (const peer of peers) {
    const url = await createDatabase(peer.name);
    try {
      running.push(
        await start(peer, [path.join(PEERS, 'server.mjs')], url, { PEER: peer.name, DATABASE_URL: url, STRIPE_WEBHOOK_SECRET: SECRET }),
      );
    } catch (error) {
      console.log(`${peer.name} is left out: ${(error as Error).message}`);
    }
  }
  return running;
}

async function start(
  what: { name: string; path: string; count: string | null },
  args: string[],
  url: string,
  environment: Record<string, string>,
): Promise<Contender> {
  const port = await freePort();
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, ...environment, NODE_ENV: 'test', PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const database = new pg.Pool({ connectionString: url, max: 1 });
  database.on('error', () => undefined);
  started.push({ process: child, database });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const deadline = performance.now() + 60_000;
  while (!(await isListening(port))) {
    if (child.exitCode !== null || performance.now() > deadline) throw new Error(`did not start: ${output.slice(0, 400)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { ...what, process: child, port, database };
}

async function isListening(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${String(port)}/`).then(
    () => true,
    () => false,
  );
}

async function createDatabase(name: string): Promise<string> {
  const database = `upp_bench_${name}_${String(process.pid)}`;
  await admin.query(`create database ${database}`);
  databases.push(database);
  return databaseUrl(database);
}

function databaseUrl(name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  });
}

async function postmasterPid(): Promise<number> {
  const { rows } = await admin.query<{ pid: number }>('select pg_backend_pid() as pid');
  return parentOf(rows[0]?.pid ?? 0);
}

function medianOf(rounds: readonly Round[]): Round {
  const field = (name: keyof Round): number => middle(rounds.map((each) => each[name]));
  return {
    sent: field('sent'),
    accepted: field('accepted'),
    seconds: field('seconds'),
    perSecond: field('perSecond'),
    p50: field('p50'),
    p99: field('p99'),
    cpuUs: field('cpuUs'),
    serverUs: field('serverUs'),
    postgresUs: field('postgresUs'),
  };
}

function middle(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function print(connections: string, name: string, result: Round): void {
  const cell = (value: number, width: number): string => value.toFixed(value < 100 ? 1 : 0).padStart(width);
  console.log(
    `${connections.padStart(11)}  ${name.padEnd(18)} ${cell(result.perSecond, 10)} ${cell(result.p50, 8)} ${cell(result.p99, 8)}   ${cell(result.cpuUs, 5)} (${cell(result.serverUs, 5)} + ${cell(result.postgresUs, 5)})`,
  );
}
