/** What one server of ours does besides storing new events: a bare insert's latency, duplicates, footprint, processing, pick-up. */
import type pg from 'pg';
import { cpuMsOf, postgresCpuMs } from './process-cpu.js';
import { load, signedEvents } from './webhook-load.js';
import { type BenchServers, type Contender, SECRET } from './webhook-servers.js';

const BACKLOG = 6_000;

/** How many events a server has stored. */
export async function storedBy(contender: Contender): Promise<number> {
  if (contender.count === null) return 0;
  const { rows } = await contender.database.query<{ count: string }>(contender.count);
  return Number(rows[0]?.count ?? 0);
}

/**
 * Milliseconds of a delivery over one connection, and of the same insert without anything around it: the floor of its latency. Taking turns, for
 * a disk that others use is not the same from one second to the next.
 */
export async function measureOneConnection(ours: Contender): Promise<{ oneConnectionMs: number; bareInsertMs: number }> {
  const client = await ours.database.connect();
  const deliveries: number[] = [];
  const inserts: number[] = [];
  for (let block = 0; block < 15; block++) {
    const events = signedEvents(40, `one${String(block)}x`, SECRET);
    deliveries.push((await load({ port: ours.port, path: ours.path }, events.slice(0, 20), { connections: 1, seconds: 10 })).p50);
    const times: number[] = [];
    for (const { id, body } of events.slice(20)) {
      const startedMs = performance.now();
      await client.query({
        name: 'bare',
        text: `with stored as (insert into webhook_events (livemode, stripe_event_id, type, stripe_created_at, payload)
          values (false, $1, 'bare', now(), $2) returning sequence) insert into webhook_jobs (event_sequence) select sequence from stored`,
        values: [id, body],
      });
      times.push(performance.now() - startedMs);
    }
    inserts.push(middle(times));
  }
  client.release();
  return { oneConnectionMs: middle(deliveries), bareInsertMs: middle(inserts) };
}

/** CPU of PostgreSQL for an event that is stored already. */
export async function measureDuplicates(ours: Contender, postmaster: number): Promise<{ duplicatePostgresUs: number }> {
  const events = signedEvents(4_000, 'dup', SECRET);
  const target = { port: ours.port, path: ours.path };
  await load(target, events, { connections: 64, seconds: 30 });
  const before = { postgres: postgresCpuMs(postmaster), stored: await storedBy(ours) };
  const { accepted } = await load(target, events, { connections: 64, seconds: 30 });
  if ((await storedBy(ours)) !== before.stored) throw new Error('a duplicate was stored');
  return { duplicatePostgresUs: ((postgresCpuMs(postmaster) - before.postgres) * 1_000) / accepted };
}

/** Bytes of log and of disk for one event. */
export async function measureFootprint(ours: Contender): Promise<{ walBytesPerEvent: number; diskBytesPerEvent: number }> {
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

/**
 * Backlogs worked off by the api itself, then single events into an idle inbox. `moved`: each event moves a payment from processing to
 * succeeded, with its history and its event for the merchant. `confirmed`: the payment is there already, as after any request that had an
 * answer. With each rate the microseconds of server and PostgreSQL for one event, and PostgreSQL's share of them.
 */
export async function measureProcessing(servers: BenchServers, postmaster: number): Promise<Record<string, number>> {
  const storing = await servers.startOurs('backlog', { WEBHOOK_PROCESS_IN_API: 'false' });
  await insertPayments(storing.database, 'moved', 'processing', BACKLOG);
  await insertPayments(storing.database, 'confirmed', 'succeeded', BACKLOG);
  const rates: Record<string, number> = {};
  for (const what of ['moved', 'confirmed'] as const) {
    await load({ port: storing.port, path: storing.path }, signedEvents(BACKLOG, what, SECRET), { connections: 64, seconds: 60 });
  }
  await storing.database.query('analyze');
  storing.process.kill('SIGKILL');
  // One kind after the other: what is not its turn waits.
  await storing.database.query(`update webhook_jobs set status = 'waiting', next_attempt_at = 'infinity'`);
  const working = await servers.startOurs('working', { WEBHOOK_PROCESS_IN_API: 'true' }, storing.url);
  for (const what of ['moved', 'confirmed'] as const) {
    const before = { server: cpuMsOf(working.process.pid ?? 0), postgres: postgresCpuMs(postmaster) };
    await working.database.query(`update webhook_jobs set status = 'received', next_attempt_at = now() where object_id like 'pi_${what}%'`);
    rates[`${what}PerSecond`] = await rateOf(working.database, what);
    const serverUs = ((cpuMsOf(working.process.pid ?? 0) - before.server) * 1_000) / BACKLOG;
    const postgresUs = ((postgresCpuMs(postmaster) - before.postgres) * 1_000) / BACKLOG;
    rates[`${what}CpuUs`] = serverUs + postgresUs;
    rates[`${what}PostgresUs`] = postgresUs;
  }
  return { ...rates, ...(await measurePickUp(working)) };
}

/** Payments whose intents are the objects of {@link signedEvents} with the same prefix. */
async function insertPayments(database: pg.Pool, prefix: string, status: string, count: number): Promise<void> {
  await database.query(`
    insert into merchants (id, name, country, time_zone, default_business_type, enabled_business_types)
      values ('mer_bench', 'Bench', 'US', 'UTC', 'retail', '{retail}') on conflict do nothing`);
  await database.query(`
    insert into devices (id, merchant_id, livemode, type, fingerprint, capabilities, credential_hash, credential_last4)
      values ('dev_bench', 'mer_bench', false, 'pos_terminal', 'fingerprint', '{}', '\\x00', '0000') on conflict do nothing`);
  await database.query(
    `insert into payments (id, merchant_id, livemode, status, amount_minor, amount_received_minor, currency, device_id, device_type, business_type,
       profile_version, method, payment_method, capture_method, stripe_payment_intent_id, stripe_charge_id, version)
     select 'pay_' || $1 || n, 'mer_bench', false, $2, 1099, case when $2 = 'succeeded' then 1099 else 0 end, 'usd', 'dev_bench', 'pos_terminal', 'retail',
       0, 'card', 'pm_card_visa', 'automatic', 'pi_' || $1 || lpad(n::text, 10, '0'),
       'ch_' || right('evt_' || $1 || lpad(n::text, 10, '0'), 20), 1 from generate_series(0, $3 - 1) n`,
    [prefix, status, count],
  );
}

/** Events of a backlog per second, from the first that was done to the last. */
async function rateOf(database: pg.Pool, prefix: string): Promise<number> {
  const done = `select count(*) as count, extract(epoch from max(at) - min(at)) as seconds, max(outcome) as outcome
    from webhook_attempts a join webhook_events e on e.sequence = a.event_sequence where e.object_id like $1`;
  for (;;) {
    const { rows } = await database.query<{ count: string; seconds: string; outcome: string }>(done, [`pi_${prefix}%`]);
    const [row] = rows;
    if (row !== undefined && Number(row.count) >= BACKLOG) {
      const wanted = prefix === 'moved' ? 'applied' : 'unchanged';
      if (row.outcome !== wanted) throw new Error(`${prefix} events ended as ${row.outcome} instead of ${wanted}`);
      return Math.round((BACKLOG - 50) / Number(row.seconds));
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

/** From COMMIT to the end of the effect, one event at a time. */
async function measurePickUp(working: Contender): Promise<{ pickUpP50Ms: number; pickUpP99Ms: number }> {
  for (const event of signedEvents(100, 'pickup', SECRET)) {
    await load({ port: working.port, path: working.path }, [event], { connections: 1, seconds: 10 });
  }
  const { rows } = await working.database.query<{ p50: number; p99: number }>(
    `select percentile_cont(0.5) within group (order by ms) as p50, percentile_cont(0.99) within group (order by ms) as p99 from (
       select extract(epoch from a.at - e.received_at)::float8 * 1000 as ms from webhook_attempts a join webhook_events e on e.sequence = a.event_sequence
       where e.stripe_event_id like 'evt_pickup%') latencies`,
  );
  return { pickUpP50Ms: rows[0]?.p50 ?? 0, pickUpP99Ms: rows[0]?.p99 ?? 0 };
}

/** The median. */
export function middle(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
