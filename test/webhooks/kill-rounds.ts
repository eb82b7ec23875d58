/** kill -9 under load, again and again: what was acknowledged must be stored, and every stored event must have moved its payment exactly once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { runMigrations } from '#migrations';
import { EmbeddedPostgres } from '#platform';
import { load, signedEvents } from '../../bench/webhook-load.js';
import { waitFor } from '../support/wait-for.js';

const SERVER = path.resolve(import.meta.dirname, '../../../dist/test/webhooks/webhook-server.js');
const SECRET = 'whsec_kill_0123456789abcdef';
const CONNECTIONS = 16;
const EVENTS_PER_ROUND = 400;
const LOAD_SECONDS = 1;
/** Who dies: the process that stores, the one that only processes, the database, or all of them. */
const VICTIMS = ['api', 'worker', 'postgres', 'all'] as const;

// One payment on its way for each event; the event's intent is the payment's.
const INSERT_PAYMENTS = `
  insert into payments (id, merchant_id, livemode, status, amount_minor, currency, device_id, device_type, business_type, profile_version, method,
    payment_method, capture_method, stripe_payment_intent_id, version)
  select 'pay_' || $1 || n, 'mer_kill', false, 'processing', 1099, 'usd', 'dev_kill', 'pos_terminal', 'retail', 0, 'card', 'pm_card_visa', 'automatic',
    'pi_' || $1 || lpad(n::text, 10, '0'), 1 from generate_series(0, $2::integer - 1) n`;
// A second effect would be a second version, adjustment, event for the merchant or line of the audit log; half an effect lacks one of them.
const SELECT_WRONG = `
  select e.stripe_event_id as id
  from webhook_events e
  left join payments p on p.stripe_payment_intent_id = e.payment_intent_id
  where p.status is distinct from 'succeeded' or p.version <> 2 or p.amount_received_minor <> 1099
    or (select count(*) from payment_adjustments where payment_id = p.id and source_id = e.stripe_event_id) <> 1
    or (select count(*) from payment_adjustments where payment_id = p.id) <> 1
    or (select count(*) from outbox_events where object_id = p.id) <> 1
    or (select count(*) from audit_log where object_id = p.id) <> 1
    or (select count(*) from webhook_attempts where event_sequence = e.sequence and outcome = 'applied') <> 1`;

/** What a run came to. */
export interface KillResult {
  readonly rounds: number;
  readonly acknowledged: number;
  readonly stored: number;
  /** Acknowledged and not stored: must be empty. */
  readonly lost: readonly string[];
  /** Stored, and the payment was not moved, or twice, or in part: must be empty. */
  readonly wrongEffects: readonly string[];
  readonly kills: Readonly<Record<string, number>>;
}

/** The processes of a run and their database. */
class Victims {
  private postgres: EmbeddedPostgres | undefined;
  private readonly processes = new Map<'api' | 'worker', ChildProcess>();
  private readonly folder = mkdtempSync(path.join(os.tmpdir(), 'upp-kill-'));
  port = 0;
  url = '';

  async startPostgres(): Promise<void> {
    this.postgres = await EmbeddedPostgres.start({ dataDir: this.folder, database: 'kill', durable: true });
    this.url = this.postgres.url;
  }

  async startProcess(name: 'api' | 'worker'): Promise<void> {
    const spawned = spawn(process.execPath, [SERVER], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        NODE_ENV: 'test',
        DATABASE_URL: this.url,
        STRIPE_SECRET_KEY: 'sk_test_0123456789abcdef',
        STRIPE_WEBHOOK_SECRET: SECRET,
        API_KEY_PEPPER: 'pepper-of-the-kill-rounds-0123456789',
        ENCRYPTION_KEY: 'encryption-key-of-the-kill-rounds-012345',
        // The worker's port is never used; the api keeps the one that it got first.
        PORT: name === 'api' ? String(this.port) : '0',
        WEBHOOK_PROCESS_IN_API: String(name === 'worker'),
      },
    });
    this.processes.set(name, spawned);
    let output = '';
    spawned.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [, port] = await waitFor(() => /listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(output), { timeoutMs: 60_000 });
    if (name === 'api') this.port = Number(port);
  }

  async kill(victim: (typeof VICTIMS)[number]): Promise<void> {
    if (victim !== 'postgres') {
      for (const [name, spawned] of this.processes) {
        if (victim === 'all' || victim === name) spawned.kill('SIGKILL');
      }
    }
    if (victim === 'postgres' || victim === 'all') process.kill(this.postmaster, 'SIGKILL');
    await delay(0);
  }

  /** Brings back whoever is dead. */
  async revive(victim: (typeof VICTIMS)[number]): Promise<void> {
    if (victim === 'postgres' || victim === 'all') {
      await this.postgres?.exited;
      await this.startPostgres();
      await this.findPostmaster();
    }
    for (const name of ['api', 'worker'] as const) {
      if (victim !== 'all' && victim !== name) continue;
      const dead = this.processes.get(name);
      if (dead && dead.exitCode === null && dead.signalCode === null) await once(dead, 'exit');
      await this.startProcess(name);
    }
  }

  /** Remembered while the server lives: a dead one cannot be asked. */
  async findPostmaster(): Promise<void> {
    const client = new pg.Client({ connectionString: this.url });
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const stat = readFileSync(`/proc/${String(rows[0]?.pid)}/stat`, 'utf8');
    await client.end();
    this.postmaster = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  }

  private postmaster = 0;

  async query<Row extends pg.QueryResultRow>(sql: string, params: unknown[] = []): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.url });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query<Row>(sql, params)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async stop(): Promise<void> {
    for (const spawned of this.processes.values()) spawned.kill('SIGKILL');
    await this.postgres?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * Runs rounds of load with one kill each, every victim in turn.
 *
 * @param onRound - Told after each round.
 */
export async function runKillRounds(
  rounds: number,
  onRound: (round: number, acknowledged: number) => void = () => undefined,
): Promise<KillResult> {
  const victims = new Victims();
  try {
    await victims.startPostgres();
    await runMigrations(victims.url);
    await victims.query(`
      insert into merchants (id, name, country, time_zone, default_business_type, enabled_business_types)
        values ('mer_kill', 'Kill', 'US', 'UTC', 'retail', '{retail}')`);
    await victims.query(`
      insert into devices (id, merchant_id, livemode, type, fingerprint, capabilities, credential_hash, credential_last4)
        values ('dev_kill', 'mer_kill', false, 'pos_terminal', 'fingerprint', '{}', '\\x00', '0000')`);
    await victims.findPostmaster();
    await victims.startProcess('api');
    await victims.startProcess('worker');
    const acknowledged = new Set<string>();
    const kills: Record<string, number> = {};
    for (let round = 0; round < rounds; round++) {
      const victim = VICTIMS[round % VICTIMS.length] ?? 'all';
      await loadAndKill(victims, victim, round, acknowledged);
      await victims.revive(victim);
      kills[victim] = (kills[victim] ?? 0) + 1;
      onRound(round + 1, acknowledged.size);
    }
    await settle(victims);
    return { rounds, kills, ...(await judge(victims, acknowledged)) };
  } finally {
    await victims.stop();
  }
}

async function loadAndKill(victims: Victims, victim: (typeof VICTIMS)[number], round: number, acknowledged: Set<string>): Promise<void> {
  const prefix = `k${String(round)}r`;
  const events = signedEvents(EVENTS_PER_ROUND, prefix, SECRET);
  await victims.query(INSERT_PAYMENTS, [prefix, EVENTS_PER_ROUND]);
  const underLoad = load({ port: victims.port, path: '/api/webhooks/stripe' }, events, {
    connections: CONNECTIONS,
    seconds: LOAD_SECONDS,
    onAccepted: ({ id }) => acknowledged.add(id),
  });
  const before = acknowledged.size;
  // In the middle of it: at another point in every round.
  await waitFor(() => acknowledged.size >= before + 20 + ((round * 37) % 200), { timeoutMs: LOAD_SECONDS * 1_000 }).catch(() => undefined);
  await victims.kill(victim);
  await underLoad;
}

/** Leases of the dead end by themselves after a minute; here the minute is over at once. */
async function settle(victims: Victims): Promise<void> {
  await waitFor(
    async () => {
      await victims.query(
        'update webhook_jobs set leased_until = null, next_attempt_at = now() where leased_until > now() or next_attempt_at > now()',
      );
      await delay(500);
      const [row] = await victims.query<{ count: number }>('select count(*)::integer as count from webhook_jobs');
      return row?.count === 0;
    },
    { timeoutMs: 120_000 },
  );
}

async function judge(
  victims: Victims,
  acknowledged: ReadonlySet<string>,
): Promise<Pick<KillResult, 'acknowledged' | 'stored' | 'lost' | 'wrongEffects'>> {
  const stored = new Set((await victims.query<{ id: string }>('select stripe_event_id as id from webhook_events')).map(({ id }) => id));
  const wrong = await victims.query<{ id: string }>(SELECT_WRONG);
  return {
    acknowledged: acknowledged.size,
    stored: stored.size,
    lost: [...acknowledged].filter((id) => !stored.has(id)),
    wrongEffects: wrong.map(({ id }) => id),
  };
}
