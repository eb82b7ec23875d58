/** Debian's PostgreSQL 15 for suites that need its programs, or settings of their own. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { runMigrations } from '#migrations';
import { chooseRunner } from '#platform';
import { freePorts } from './free-ports.js';
import { spawnProcess, type SpawnedProcess } from './processes.js';
import { waitFor } from './wait-for.js';

/** Folder of its programs; {@link DEBIAN_POSTGRES} is what a suite requires. */
export const DEBIAN_POSTGRES_FOLDER = '/usr/lib/postgresql/15/bin';

/** For `requiresProgram`. */
export const DEBIAN_POSTGRES = `${DEBIAN_POSTGRES_FOLDER}/postgres`;

/** A running server of its own. */
export class DebianPostgres {
  private constructor(
    private readonly port: number,
    /** Of its cluster and sockets. */
    readonly folder: string,
    private readonly server: SpawnedProcess,
  ) {}

  /** Makes a cluster and starts it. @param settings - Run-time parameters. */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<DebianPostgres> {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'upp-postgres-15-'));
    const data = path.join(folder, 'data');
    const args = ['-D', data, '-U', 'upp', '--auth=trust', '--no-sync', '-E', 'UTF8', '--locale=C.UTF-8'];
    const [program = '', ...rest] = chooseRunner(folder).command(path.join(DEBIAN_POSTGRES_FOLDER, 'initdb'), args);
    const { status, stderr } = spawnSync(program, rest, { cwd: '/', encoding: 'utf8' });
    if (status !== 0) throw new Error(`initdb: ${stderr}`);
    return DebianPostgres.startOn(data, settings);
  }

  /** Starts the server of a folder that is there already, such as a restored one. */
  static async startOn(data: string, settings: Readonly<Record<string, string>> = {}): Promise<DebianPostgres> {
    const [port = 0] = await freePorts(1);
    const folder = path.dirname(data);
    const all = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: folder, fsync: 'off', ...settings };
    const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const server = spawnProcess(chooseRunner(data).command(DEBIAN_POSTGRES, ['-D', data, ...args]), { cwd: '/' });
    const postgres = new DebianPostgres(port, folder, server);
    await server.waitForOutput(/database system is ready to accept connections/, { timeoutMs: 60_000 });
    return postgres;
  }

  urlOf(database: string): string {
    return `postgres://upp@127.0.0.1:${this.port}/${database}`;
  }

  /** Creates a database with the schema of this release. @returns Its URL. */
  async createDatabase(name: string): Promise<string> {
    await this.query('postgres', `create database ${name}`);
    await runMigrations(this.urlOf(name));
    return this.urlOf(name);
  }

  /** Runs one statement as the superuser. */
  async query<Row extends pg.QueryResultRow>(database: string, sql: string): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.urlOf(database) });
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /** Waits until everything so far is in the archive of its WAL. */
  async archiveNow(): Promise<void> {
    const [row] = await this.query<{ segment: string }>('postgres', 'select pg_walfile_name(pg_switch_wal()) as segment');
    const segment = row?.segment ?? '';
    await waitFor(
      async () => {
        const [archiver] = await this.query<{ last: string | null }>('postgres', 'select last_archived_wal as last from pg_stat_archiver');
        return (archiver?.last ?? '') >= segment;
      },
      { timeoutMs: 60_000 },
    );
  }

  get log(): string {
    return this.server.output;
  }

  /** Ends it and removes its folder. */
  async stop(): Promise<void> {
    await this.server.stop('SIGINT');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
