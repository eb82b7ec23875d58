import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { HOUR_MS } from '#kernel';
import { chooseRunner } from '#platform';
import { PostgresToolError } from './postgres-tools.js';

// A day of WAL is replayed in it.
const RECOVERY_TIMEOUT_MS = HOUR_MS;
const POLL_MS = 100;
const LOG_TAIL_LENGTH = 2_000;
// The socket's name has it; there is no port.
const PORT = 5432;

/** Where a restored server lies and who may ask it. */
export interface RestoredServerOptions {
  /** The server's data, with the settings of the restore. */
  readonly folder: string;
  /** Folder of the program `postgres`; null: on the path. */
  readonly tools: string | null;
  /** The role and the database, as in the URL of the original. */
  readonly originalUrl: string;
}

/** A restored server on a socket in a private folder, beside the one that serves and without any effect on it. */
export class RestoredServer {
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;
  private said = '';

  private constructor(
    /** For whoever may read the folder. */
    readonly url: string,
    command: readonly string[],
  ) {
    const [program = '', ...args] = command;
    const child = spawn(program, args, { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (this.said = (this.said + chunk.toString()).slice(-LOG_TAIL_LENGTH)));
    }
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => {
        this.said += error.message;
        resolve();
      });
      child.once('close', () => {
        resolve();
      });
    });
    this.child = child;
  }

  /** Starts it and waits until it has replayed everything. @throws PostgresToolError with the server's last words. */
  static async start({ folder, tools, originalUrl }: RestoredServerOptions): Promise<RestoredServer> {
    const own = `${folder}-run`;
    const args = ['-D', folder, ...settingsIn(own).flatMap((setting) => ['-c', setting])];
    const { username, pathname } = new URL(originalUrl);
    const server = new RestoredServer(
      `postgres://${username}@localhost:${PORT}${pathname}?host=${encodeURIComponent(own)}`,
      chooseRunner(folder).command(tools === null ? 'postgres' : path.join(tools, 'postgres'), args),
    );
    try {
      await server.waitUntilReplayed();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Ends it at once: it is thrown away. */
  async stop(): Promise<void> {
    this.child.kill('SIGQUIT');
    await this.ended;
  }

  private async waitUntilReplayed(): Promise<void> {
    const until = performance.now() + RECOVERY_TIMEOUT_MS;
    while (this.isRunning && performance.now() < until) {
      if (await answers(this.url)) return;
      await delay(POLL_MS);
    }
    throw new PostgresToolError(`the restored server does not start: ${this.said.trim()}`);
  }

  private get isRunning(): boolean {
    return this.child.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }
}

/** The original's own files may lie elsewhere, and name certificates, addresses and rules that are of no use here. */
function settingsIn(own: string): string[] {
  mkdirSync(own, { recursive: true, mode: 0o700 });
  const files = { config_file: 'postgresql.conf', hba_file: 'pg_hba.conf', ident_file: 'pg_ident.conf' };
  for (const name of Object.values(files)) writeFileSync(path.join(own, name), name === 'pg_hba.conf' ? 'local all all trust\n' : '');
  return [
    ...Object.entries(files).map(([setting, name]) => `${setting}=${path.join(own, name)}`),
    `unix_socket_directories=${own}`,
    `port=${PORT}`,
    'listen_addresses=',
    'ssl=off',
    // Nobody asks before it has replayed everything, and its own WAL goes nowhere.
    'hot_standby=off',
    'archive_mode=off',
    'fsync=off',
    'max_wal_senders=0',
  ];
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    return true;
  } catch (error) {
    // It still replays, or has not made its socket yet; a role or a database that is not there will never be.
    if (['28000', '3D000'].includes((error as { code?: string }).code ?? '')) {
      throw new PostgresToolError(`the restored server refuses: ${(error as Error).message}`, { cause: error });
    }
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
