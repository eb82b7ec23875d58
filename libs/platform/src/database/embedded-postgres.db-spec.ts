import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { EmbeddedPostgres, FolderInUseError } from '#platform';
import { waitFor } from '#test';

const OWNER = path.resolve('dist/test/fixtures/postgres-owner.js');
const IS_ROOT = process.getuid?.() === 0;
const AS_NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
const [SETPRIV = '', ...NOBODY] = AS_NOBODY;
/** Only root can become another user, and only where that user can read this checkout. */
const CAN_BE_NOBODY = IS_ROOT && spawnSync(SETPRIV, [...NOBODY, process.execPath, '--check', OWNER]).status === 0;
/** A signal at the parent's death exists on Linux only. */
const DIES_WITH_PARENT = spawnSync('setpriv', ['--pdeathsig', 'INT', 'true']).status === 0;

describe('EmbeddedPostgres', () => {
  /** A data folder with its cluster made, copied by the cases that are not about making one. */
  let prepared: string;
  let home: string;
  let dataDir: string;
  const cleanups: (() => unknown)[] = [];

  beforeAll(async () => {
    prepared = mkdtempSync(path.join(os.tmpdir(), 'upp-pg-prepared-'));
    await (await EmbeddedPostgres.start({ dataDir: prepared, database: 'upp', durable: false })).stop();
  });

  afterAll(() => {
    rmSync(prepared, { recursive: true, force: true });
  });

  beforeEach(() => {
    home = mkdtempSync(path.join(os.tmpdir(), 'upp-pg-'));
    dataDir = path.join(home, 'data');
  });

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    rmSync(home, { recursive: true, force: true });
  });

  /** Starts a server in this process; it is stopped after the case. */
  async function start(folder = dataDir): Promise<EmbeddedPostgres> {
    const postgres = await EmbeddedPostgres.start({ dataDir: folder, database: 'upp', durable: true });
    cleanups.push(() => postgres.stop());
    return postgres;
  }

  /** Starts a server in a process of its own; it is killed after the case. */
  async function startOwner(prefix: readonly string[] = ['env']): Promise<{ owner: ChildProcess; url: string }> {
    const [program = 'env', ...args] = prefix;
    const owner = spawn(program, [...args, process.execPath, OWNER, dataDir], { stdio: ['ignore', 'pipe', 'pipe'] });
    cleanups.push(() => owner.kill('SIGKILL'));
    let said = '';
    const url = await new Promise<string>((resolve, reject) => {
      owner.stdout.on('data', (chunk: Buffer) => {
        resolve((JSON.parse(chunk.toString()) as { url: string }).url);
      });
      owner.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
      owner.once('exit', () => {
        reject(new Error(said));
      });
    });
    return { owner, url };
  }

  it('makes a durable database that only its owner can reach', async () => {
    const postgres = await start();

    expect(await value(postgres.url, 'select current_database()')).toBe('upp');
    expect(await value(postgres.url, 'show fsync')).toBe('on');
    expect(await value(postgres.url, 'show synchronous_commit')).toBe('on');
    expect(await value(postgres.url, 'show listen_addresses')).toBe('');
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  });

  it('starts over a cluster whose creation was cut off', async () => {
    mkdirSync(path.join(dataDir, 'pg18.new'), { recursive: true });
    writeFileSync(path.join(dataDir, 'pg18.new/PG_VERSION'), '18\n');

    const postgres = await start();

    expect(await value(postgres.url, 'select 1')).toBe(1);
  });

  it('serves a folder whose path is too long for a socket', async () => {
    const long = path.join(home, 'a'.repeat(60), 'b'.repeat(60));

    const postgres = await start(long);

    expect(await value(postgres.url, 'select 1')).toBe(1);
    const sockets = new URL(postgres.url).searchParams.get('host') ?? '';
    expect(statSync(sockets).mode & 0o777).toBe(0o700);
    cleanups.push(() => {
      rmSync(sockets, { recursive: true });
    });
  });

  describe('in a folder with a cluster', () => {
    beforeEach(() => {
      spawnSync('cp', ['-a', prepared, dataDir]);
    });

    it('keeps the data and the address over a stop and a start', async () => {
      const first = await start();
      await value(first.url, 'create table kept as select 42 as answer');
      await first.stop();

      const second = await start();

      expect(second.url).toBe(first.url);
      expect(await value(second.url, 'select answer from kept')).toBe(42);
    });

    it('stops with clients connected, leaving no pid file', async () => {
      const postgres = await start();
      const client = await connect(postgres.url);

      await postgres.stop();

      expect(existsSync(path.join(dataDir, 'pg18/postmaster.pid'))).toBe(false);
      await client.end().catch(() => undefined);
    });

    it('refuses a second owner in the same process and in another', async () => {
      const { owner } = await startOwner();

      await expect(start()).rejects.toThrow(new FolderInUseError(dataDir, owner.pid ?? null));
    });

    it('starts at once after a kill -9 of the owner, with every committed row', async () => {
      const { owner, url } = await startOwner();
      await value(url, 'create table kept as select 42 as answer');
      owner.kill('SIGKILL');
      await ended(owner);

      const next = await start();

      expect(await value(next.url, 'select answer from kept')).toBe(42);
    });

    (DIES_WITH_PARENT ? it : it.skip)('ends by itself after a kill -9 of the owner', async () => {
      const { owner } = await startOwner();
      const server = serverPid(dataDir);
      owner.kill('SIGKILL');

      // A clean stop: a killed server leaves its pid file behind.
      await expect(waitFor(() => !existsSync(path.join(dataDir, 'pg18/postmaster.pid')))).resolves.toBe(true);
      await expect(waitFor(() => !existsSync(`/proc/${server}/cwd`))).resolves.toBe(true);
    });

    it('tells of the end of a killed server and starts again over its busy backends', async () => {
      const first = await start();
      const client = await connect(first.url);
      // It computes: a backend that only waits would notice the death of its server.
      const busy = client.query('select count(*) from generate_series(1, 5000000) as a(n) where n % 7 = sqrt(n)').catch(() => undefined);
      await waitFor(async () => (await value(first.url, `select count(*)::int from pg_stat_activity where query ~ 'sqrt'`)) === 2);
      process.kill(serverPid(dataDir), 'SIGKILL');

      expect(await first.exited).toContain('SIGKILL');
      const second = await start();

      expect(await value(second.url, 'select 1')).toBe(1);
      await busy;
      await client.end().catch(() => undefined);
    });

    it('starts when the pid file names a live process of another program', async () => {
      const first = await start();
      const pidFile = path.join(dataDir, 'pg18/postmaster.pid');
      const content = readFileSync(pidFile, 'utf8');
      await first.stop();
      // Not our own id: PostgreSQL knows that its parent is no server.
      const other = spawn('sleep', ['60']);
      cleanups.push(() => other.kill());
      writeFileSync(pidFile, content.replace(/^\d+/, String(other.pid)));

      const second = await start();

      expect(await value(second.url, 'select 1')).toBe(1);
    });

    it('says why when the server cannot start', async () => {
      await (await start()).stop();
      writeFileSync(path.join(dataDir, 'pg18/postgresql.conf'), 'no_such_setting = 1\n');

      await expect(start()).rejects.toThrow('no_such_setting');
      writeFileSync(path.join(dataDir, 'pg18/postgresql.conf'), '');

      expect(await value((await start()).url, 'select 1')).toBe(1);
    });
  });

  (IS_ROOT ? describe : describe.skip)('for root', () => {
    it('runs as root without being root', async () => {
      const postgres = await start();

      expect(await value(postgres.url, 'select 1')).toBe(1);
      expect(statSync(path.join(dataDir, 'pg18')).uid).toBe(0);
    });

    it('runs under another account where user namespaces are forbidden', async () => {
      const tools = path.join(home, 'tools');
      mkdirSync(tools);
      writeFileSync(path.join(tools, 'unshare'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });

      const { owner, url } = await startOwner(['env', `PATH=${tools}:/usr/sbin:/usr/bin:/bin`]);

      expect(await value(url, 'select 1')).toBe(1);
      expect(statSync(path.join(dataDir, 'pg18')).uid).not.toBe(0);
      owner.kill('SIGKILL');
      await ended(owner);
      expect(await value((await start()).url, 'select 1')).toBe(1);
    });
  });

  (CAN_BE_NOBODY ? describe : describe.skip)('for an ordinary user', () => {
    it('runs as that user', async () => {
      spawnSync('chown', ['65534:65534', home]);

      const { url } = await startOwner(AS_NOBODY);

      expect(await value(url, 'select 1')).toBe(1);
      expect(statSync(path.join(dataDir, 'pg18')).uid).toBe(65534);
    });
  });
});

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function value(url: string, sql: string): Promise<unknown> {
  const client = await connect(url);
  try {
    const result = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
    return result.rows[0]?.[0];
  } finally {
    await client.end();
  }
}

function serverPid(dataDir: string): number {
  const pid = Number.parseInt(readFileSync(path.join(dataDir, 'pg18/postmaster.pid'), 'utf8'), 10);
  expect(readlinkSync(`/proc/${pid}/cwd`)).toBe(path.join(dataDir, 'pg18'));
  return pid;
}

function ended(child: ChildProcess): Promise<unknown> {
  return child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : once(child, 'exit');
}
