/**
 * Measures the intake of webhooks against what else can be had, all in one run and taking turns: CPU of server and PostgreSQL per
 * acknowledged event, events per second, latencies; then duplicates, processing, pick-up, WAL and disk. The last line is JSON.
 *
 * `BENCH_DATABASE_URL` names a server to use (a superuser's URL, fsync on, otherwise idle); without it an embedded one is started.
 * `BENCH_SECONDS` and `BENCH_ROUNDS` change the length of a round and their number at 64 connections. `BENCH_PEERS=no` leaves the others out.
 */
import os from 'node:os';
import { cpuMsOf, postgresCpuMs } from './process-cpu.js';
import { measureDuplicates, measureFootprint, measureOneConnection, measureProcessing, middle, storedBy } from './webhook-figures.js';
import { load, type LoadResult, type SignedEvent, signedEvents } from './webhook-load.js';
import { BenchServers, type Contender, SECRET } from './webhook-servers.js';

const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 2);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const LADDER: readonly { connections: number; rounds: number }[] = [
  { connections: 1, rounds: 2 },
  { connections: 16, rounds: 2 },
  { connections: 64, rounds: ROUNDS },
];
/** One round of one contender. */
interface Round extends LoadResult {
  readonly cpuUs: number;
  readonly serverUs: number;
  readonly postgresUs: number;
}

let serial = 0;
const servers = await BenchServers.start();
try {
  await main(servers);
} finally {
  await servers.stop();
}

async function main(all: BenchServers): Promise<void> {
  const postmaster = await all.postmaster();
  const ours = await all.startOurs('upp', { WEBHOOK_PROCESS_IN_API: 'false' });
  const contenders = [ours, ...(process.env['BENCH_PEERS'] === 'no' ? [] : await all.startPeers())];
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
  const latencies = await measureOneConnection(ours);
  const duplicates = await measureDuplicates(ours, postmaster);
  const footprint = await measureFootprint(ours);
  const processing = await measureProcessing(all, postmaster);
  report(medians, { ...latencies, ...duplicates, ...footprint, ...processing });
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
    // Against what cannot be avoided: below 1, for nothing that is stored costs as little as what is not; and the latency of the insert alone.
    cpu_vs_floor: ratio(at64('floor')?.cpuUs, ours?.cpuUs),
    one_connection_vs_insert: ratio(figures['oneConnectionMs'], figures['bareInsertMs']),
  };
  const { oneConnectionMs = 0, bareInsertMs = 0 } = figures;
  console.log(`\none connection: p50 ${String(round(oneConnectionMs))} ms; the same insert alone ${String(round(bareInsertMs))} ms`);
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
  console.log(
    `load average ${os
      .loadavg()
      .map((each) => each.toFixed(1))
      .join(' ')}`,
  );
  console.log(JSON.stringify({ ratios, figures: { ...rounded, ...rows } }));
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

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function print(connections: string, name: string, result: Round): void {
  const cell = (value: number, width: number): string => value.toFixed(value < 100 ? 1 : 0).padStart(width);
  console.log(
    `${connections.padStart(11)}  ${name.padEnd(18)} ${cell(result.perSecond, 10)} ${cell(result.p50, 8)} ${cell(result.p99, 8)}   ${cell(result.cpuUs, 5)} (${cell(result.serverUs, 5)} + ${cell(result.postgresUs, 5)})`,
  );
}
