/** Debian's PgBouncer in transaction mode in front of the test server. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePorts, spawnProcess, type SpawnedProcess } from '#test';
import { chooseRunner } from '../../libs/platform/src/database/postgres-command.js';

/** A PgBouncer that can be killed and started again on the same port. */
export class PgBouncer {
  private process: SpawnedProcess | undefined;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly databaseUrl: string,
  ) {}

  /**
   * Starts one for the database of `databaseUrl`.
   *
   * @param poolSize - Server connections that all its clients share.
   */
  static async start(databaseUrl: string, poolSize: number): Promise<PgBouncer> {
    const [port = 0] = await freePorts(1);
    const folder = mkdtempSync(path.join(os.tmpdir(), 'upp-pgbouncer-'));
    chmodSync(folder, 0o755);
    writeFileSync(path.join(folder, 'pgbouncer.ini'), configuration(new URL(databaseUrl), port, poolSize));
    const pgBouncer = new PgBouncer(folder, port, databaseUrl);
    await pgBouncer.restart();
    return pgBouncer;
  }

  /** The variables of a process that works through it. */
  get environment(): Readonly<Record<string, string>> {
    const url = new URL(this.databaseUrl);
    return {
      DATABASE_URL: `postgres://${url.username || 'upp'}@127.0.0.1:${this.port}${url.pathname}`,
      DATABASE_DIRECT_URL: this.databaseUrl,
      DATABASE_POOLER: 'transaction',
    };
  }

  kill(): void {
    this.process?.killTree();
  }

  /** Ends it for good. */
  stop(): void {
    this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async restart(): Promise<void> {
    const command = chooseRunner(this.folder).command('pgbouncer', [path.join(this.folder, 'pgbouncer.ini')]);
    this.process = spawnProcess(command);
    await this.process.waitForOutput(/process up/);
  }
}

/** The example of `deploy/pgbouncer`, with this machine's addresses and without passwords. */
function configuration(url: URL, port: number, poolSize: number): string {
  const host = url.searchParams.get('host') ?? url.hostname;
  const example = readFileSync('deploy/pgbouncer/pgbouncer.ini', 'utf8');
  return example
    .replace(/^upp = .*$/m, `* = host=${host} port=${url.port || '5432'} user=${url.username || 'upp'}`)
    .replace(/^listen_port = .*$/m, `listen_port = ${port}`)
    .replace(/^auth_type = .*$/m, 'auth_type = any')
    .replace(/^auth_file = .*\n/m, '')
    .replace(/^default_pool_size = .*$/m, `default_pool_size = ${poolSize}`);
}
