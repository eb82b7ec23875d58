/** The servers of the webhook benchmark: ours and the peers, each as a process over a database of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { runMigrations } from '#migrations';
import { EmbeddedPostgres } from '#platform';
import { parentOf } from './process-cpu.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PEERS = path.join(ROOT, 'bench/peers');
/** Signs what the benchmark sends. */
export const SECRET = 'whsec_bench_0123456789abcdef';

/** A server under load and how to count what it stored. */
export interface Contender {
  readonly name: string;
  readonly path: string;
  readonly process: ChildProcess;
  readonly port: number;
  readonly database: pg.Pool;
  readonly url: string;
  readonly count: string | null;
}

/** The database server of a run and every process that was started on it. */
export class BenchServers {
  private readonly started: { process: ChildProcess; database: pg.Pool }[] = [];
  private readonly databases: string[] = [];

  private constructor(
    private readonly folder: string,
    private readonly embedded: EmbeddedPostgres | null,
    private readonly serverUrl: string,
    private readonly admin: pg.Pool,
  ) {}

  /** On the server that `BENCH_DATABASE_URL` names, as a superuser, or on an embedded one with fsync on. */
  static async start(): Promise<BenchServers> {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'upp-bench-'));
    const given = process.env['BENCH_DATABASE_URL'];
    const embedded = given ? null : await EmbeddedPostgres.start({ dataDir: folder, database: 'postgres', durable: true });
    const url = given ?? embedded?.url ?? '';
    const admin = new pg.Pool({ connectionString: url, max: 1 });
    // The server may be told to stop before the pool's connection has left.
    admin.on('error', () => undefined);
    return new BenchServers(folder, embedded, url, admin);
  }

  /** Ends what was started and removes its databases. */
  async stop(): Promise<void> {
    for (const { process: child, database } of this.started) {
      child.kill('SIGKILL');
      await database.end();
    }
    for (const name of this.databases) await this.admin.query(`drop database if exists ${name} with (force)`);
    await this.admin.end();
    await this.embedded?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The process whose children are the backends. */
  async postmaster(): Promise<number> {
    const { rows } = await this.admin.query<{ pid: number }>('select pg_backend_pid() as pid');
    return parentOf(rows[0]?.pid ?? 0);
  }

  /** The api as it runs in production, on a database of its own or on one that is there already. */
  async startOurs(name: string, environment: Record<string, string>, existingUrl?: string): Promise<Contender> {
    const url = existingUrl ?? (await this.createDatabase(name));
    if (existingUrl === undefined) await runMigrations(url);
    const env = {
      DATABASE_URL: url,
      STRIPE_SECRET_KEY: 'sk_test_0123456789abcdef',
      STRIPE_WEBHOOK_SECRET: SECRET,
      API_KEY_PEPPER: 'pepper-of-the-benchmark-0123456789abcdef',
      ENCRYPTION_KEY: 'encryption-key-of-the-benchmark-0123456789',
      ...environment,
    };
    const what = { name, path: '/api/webhooks/stripe', count: 'select count(*) as count from webhook_events' };
    return this.startProcess(what, [path.join(ROOT, 'dist/apps/api/src/main.js')], url, env);
  }

  /** What else can be had from npm; a peer that does not start is left out. */
  async startPeers(): Promise<Contender[]> {
    // One peer's migrations grant rights to a role of this name.
    await this.admin.query(`do $$ begin create role postgres; exception when duplicate_object then null; end $$`);
    if (!existsSync(path.join(PEERS, 'node_modules'))) {
      console.log('installing the peers …');
      const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps'];
      execFileSync('npm', args, { cwd: PEERS, stdio: 'inherit' });
    }
    const running: Contender[] = [];
    for (const peer of PEER_SERVERS) {
      const url = await this.createDatabase(peer.name);
      const env = { PEER: peer.name, DATABASE_URL: url, STRIPE_WEBHOOK_SECRET: SECRET };
      try {
        running.push(await this.startProcess(peer, [path.join(PEERS, 'server.mjs')], url, env));
      } catch (error) {
        console.log(`${peer.name} is left out: ${(error as Error).message}`);
      }
    }
    return running;
  }

  private async startProcess(
    what: { name: string; path: string; count: string | null },
    args: string[],
    url: string,
    environment: Record<string, string>,
  ): Promise<Contender> {
    const port = await freePort();
    const child = spawn(process.execPath, args, {
      cwd: this.folder,
      env: { ...process.env, ...environment, NODE_ENV: 'test', PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const database = new pg.Pool({ connectionString: url, max: 1 });
    database.on('error', () => undefined);
    this.started.push({ process: child, database });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const deadline = performance.now() + 60_000;
    while (!(await isListening(port))) {
      if (child.exitCode !== null || performance.now() > deadline) throw new Error(`did not start: ${output.slice(0, 400)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return { ...what, process: child, port, database, url };
  }

  private async createDatabase(name: string): Promise<string> {
    const database = `upp_bench_${name}_${String(process.pid)}`;
    await this.admin.query(`create database ${database}`);
    this.databases.push(database);
    const url = new URL(this.serverUrl);
    url.pathname = `/${database}`;
    return url.href;
  }
}

const PEER_SERVERS = [
  { name: 'floor', path: '/webhook', count: null },
  { name: 'fastify', path: '/webhook', count: null },
  { name: 'quickstart', path: '/webhook', count: 'select count(*) as count from peer_events' },
  { name: 'golevelup', path: '/webhook/webhook', count: 'select count(*) as count from peer_events' },
  { name: 'supabase', path: '/webhook', count: 'select count(*) as count from stripe.payment_intents' },
  { name: 'stripe_sync_engine', path: '/webhook', count: 'select count(*) as count from stripe.payment_intents' },
];

async function isListening(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${String(port)}/`).then(
    () => true,
    () => false,
  );
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
