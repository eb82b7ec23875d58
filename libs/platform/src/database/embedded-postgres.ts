/** A PostgreSQL server of our own, for machines without one: tests, first starts, small shops. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, realpathSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { type FolderLock, lockFolder, socketFolder } from '../process/folder-lock.js';
import { chooseRunner, findPostgresPrograms, type UnprivilegedRunner } from './postgres-command.js';

/** The superuser, the only role; whoever reaches the socket's private folder is trusted, and there is no port. */
const USER = 'upp';
const PORT = 5432;
const SOCKET_NAME = `.s.PGSQL.${PORT}`;
/** The cluster's folder inside the data folder: another major version of PostgreSQL cannot read it. */
const CLUSTER_NAME = 'pg18';

/** A start may have to replay `max_wal_size` after a crash. */
const START_TIMEOUT_MS = 120_000;
const POLL_MS = 20;
/** An orphan gets this long to end by itself, then as long again after a SIGKILL. */
const ORPHAN_TIMEOUT_MS = 10_000;
/** A stop is a fast shutdown; after this an immediate one, from which the next start recovers. */
const FAST_SHUTDOWN_MS = 4_000;
const IMMEDIATE_SHUTDOWN_MS = 1_000;
/** Bytes of the server's log kept for the message when it fails. */
const LOG_TAIL_BYTES = 4_096;

/** Sized for a machine of 2 cores and 2 GB that also runs the product. */
const SETTINGS = [
  'listen_addresses=',
  'max_connections=100',
  'shared_buffers=128MB',
  // Rare checkpoints: each is followed by full page images, which compression shrinks.
  'max_wal_size=1GB',
  'checkpoint_timeout=15min',
  'wal_compression=on',
  'timezone=UTC',
  'log_checkpoints=off',
  // The text of a failed statement may hold personal data.
  'log_min_error_statement=panic',
];
const DURABLE = ['fsync=on', 'synchronous_commit=on', 'full_page_writes=on'];
const QUICK = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

/** What to start. */
export interface EmbeddedPostgresOptions {
  /** Holds the cluster and the socket; created with mode 0700, owned by one server at a time. */
  readonly dataDir: string;
  /** The database that `url` names; created when absent. */
  readonly database: string;
  /** False gives up every guarantee against power loss for speed: for tests. */
  readonly durable: boolean;
}

/**
 * A running server. It dies with this process, however that dies: a later start waits for it to finish.
 *
 * ```ts
 * const postgres = await EmbeddedPostgres.start({ dataDir: '.upp/postgres', database: 'upp', durable: true });
 * ```
 */
export class EmbeddedPostgres {
  /** Resolves with the server's last words when it ends, for whatever reason; the folder is then free. */
  readonly exited: Promise<string>;

  private constructor(
    /** For pg, TypeORM and psql; the same after every restart on the same folder. */
    readonly url: string,
    private readonly server: ServerProcess,
  ) {
    this.exited = server.exited;
  }

  /**
   * Creates the cluster if need be, starts the server and waits until it answers.
   *
   * @throws FolderInUseError when another live process owns `dataDir`.
   * @throws Error with PostgreSQL's own words when it does not start.
   */
  static async start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
    const folder = realpathSync(options.dataDir);
    const lock = await lockFolder(folder);
    let server: ServerProcess | undefined;
    try {
      const cluster = path.join(folder, CLUSTER_NAME);
      const runner = chooseRunner(existsSync(cluster) ? cluster : folder);
      const sockets = socketFolder(folder, SOCKET_NAME, runner.account?.uid);
      if (runner.account !== undefined) for (const each of [folder, sockets]) chownSync(each, runner.account.uid, runner.account.gid);

      const programs = await findPostgresPrograms();
      if (existsSync(cluster)) await clearRemains(cluster, sockets);
      else await createCluster(programs.initdb, cluster, runner, options.durable);

      const settings = [...SETTINGS, ...(options.durable ? DURABLE : QUICK)].flatMap((setting) => ['-c', setting]);
      const args = ['-D', cluster, '-k', sockets, '-p', String(PORT), ...settings];
      server = new ServerProcess(runner.command(programs.postgres, args), lock);
      await waitUntilReady(urlOf(sockets, 'postgres'), server);
      await ensureDatabase(urlOf(sockets, 'postgres'), options.database);
      return new EmbeddedPostgres(urlOf(sockets, options.database), server);
    } catch (error) {
      await server?.stop();
      await lock.release();
      throw error;
    }
  }

  /** Ends the connections and the server within 5 s. Safe to repeat. */
  async stop(): Promise<void> {
    await this.server.stop();
  }
}

/** The server's process: its log's tail, its end, its stop. */
class ServerProcess {
  readonly exited: Promise<string>;
  isRunning = true;
  private readonly child: ChildProcess;
  private log = '';

  constructor(command: readonly string[], lock: FolderLock) {
    const [program = '', ...args] = command;
    // Its own group: Ctrl-C in a terminal is for us, who stop the server after its clients.
    this.child = spawn(program, args, { cwd: '/', stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.log = (this.log + chunk.toString()).slice(-LOG_TAIL_BYTES);
    });
    this.exited = new Promise((resolve) => {
      const end = (reason: string): void => {
        this.isRunning = false;
        void lock.release().then(() => {
          resolve(`${reason}\n${this.log}`.trim());
        });
      };
      this.child.once('error', (error) => {
        end(error.message);
      });
      this.child.once('exit', (code, signal) => {
        end(signal === null ? `PostgreSQL ended with code ${String(code)}` : `PostgreSQL was ended by ${signal}`);
      });
    });
  }

  async stop(): Promise<void> {
    const steps = [
      { signal: 'SIGINT', waitMs: FAST_SHUTDOWN_MS },
      { signal: 'SIGQUIT', waitMs: IMMEDIATE_SHUTDOWN_MS },
    ] as const;
    for (const { signal, waitMs } of steps) {
      if (!this.isRunning) break;
      this.child.kill(signal);
      await Promise.race([this.exited, delay(waitMs, undefined, { ref: false })]);
    }
    if (this.isRunning) this.child.kill('SIGKILL');
    await this.exited;
  }
}

function urlOf(sockets: string, database: string): string {
  return `postgres://${USER}@localhost:${PORT}/${encodeURIComponent(database)}?host=${encodeURIComponent(sockets)}`;
}

/** Creates the cluster under another name first: a start that dies half-way leaves nothing that looks like a cluster. */
async function createCluster(initdb: string, cluster: string, runner: UnprivilegedRunner, durable: boolean): Promise<void> {
  const unfinished = `${cluster}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  const locale = ['-E', 'UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const args = ['-D', unfinished, '-U', USER, '--auth=trust', ...locale, '--no-instructions', ...(durable ? [] : ['--no-sync'])];
  const [program = '', ...rest] = runner.command(initdb, args);
  try {
    await promisify(execFile)(program, rest, { cwd: '/' });
  } catch (error) {
    throw new Error(`the database cluster cannot be created in ${cluster}: ${String(error)}`, { cause: error });
  }
  renameSync(unfinished, cluster);
}

/**
 * Deals with what a previous owner left behind. We hold the folder's lock, so that owner is dead.
 *
 * - A server it could not stop, or that is still stopping, is asked again and waited for.
 * - Backends whose server was killed end by themselves, a busy one after its statement; PostgreSQL refuses to start before.
 * - A pid file whose number now belongs to another program, or to a zombie, is removed; every other one PostgreSQL judges itself.
 */
async function clearRemains(cluster: string, sockets: string): Promise<void> {
  const pidFile = path.join(cluster, 'postmaster.pid');
  const recorded = existsSync(pidFile) ? Number.parseInt(readFileSync(pidFile, 'utf8'), 10) : undefined;
  let remaining = await processesIn(cluster, recorded);
  // Only to the server itself: to a backend the signal means another thing.
  if (recorded !== undefined && remaining.includes(recorded)) signal(recorded, 'SIGINT');
  for (const force of [false, true]) {
    if (force) for (const pid of remaining) signal(pid, 'SIGKILL');
    for (const end = performance.now() + ORPHAN_TIMEOUT_MS; remaining.length > 0 && performance.now() < end;) {
      await delay(POLL_MS);
      remaining = await processesIn(cluster, recorded);
    }
  }
  if (remaining.length > 0) throw new Error(`processes ${remaining.join(', ')} still use ${cluster} and cannot be ended`);
  if (recorded !== undefined && exists(recorded)) {
    for (const file of [pidFile, path.join(sockets, SOCKET_NAME), path.join(sockets, `${SOCKET_NAME}.lock`)]) rmSync(file, { force: true });
  }
}

/** Live servers and backends of a cluster: they work in its folder. Without /proc only the recorded server is known, by its arguments. */
async function processesIn(cluster: string, recorded: number | undefined): Promise<number[]> {
  if (process.platform === 'linux') {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && workingFolder(name) === cluster)
      .map(Number);
  }
  if (recorded === undefined) return [];
  const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(recorded)]).catch(() => ({ stdout: '' }));
  return stdout.includes(cluster) ? [recorded] : [];
}

function workingFolder(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    // Gone, a zombie, or another user's: none of them serves this cluster.
    return undefined;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It ended by itself between the look and the signal.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function waitUntilReady(url: string, server: ServerProcess): Promise<void> {
  for (const end = performance.now() + START_TIMEOUT_MS; ;) {
    if (!server.isRunning) throw new Error(`the embedded database did not start: ${await server.exited}`);
    try {
      await withClient(url, () => Promise.resolve());
      return;
    } catch (error) {
      // Refused before the socket exists, and with 57P03 while the server recovers.
      if (performance.now() > end) throw new Error('the embedded database does not answer', { cause: error });
    }
    await delay(POLL_MS);
  }
}

async function ensureDatabase(url: string, database: string): Promise<void> {
  await withClient(url, async (client) => {
    const found = await client.query('select from pg_database where datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(database)}`);
  });
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  // A server that ends while we are connected also rejects the query in hand.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
