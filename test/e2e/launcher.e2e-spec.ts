import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { createTestDatabase, freePorts, spawnProcess, waitFor, type SpawnedProcess, type TestDatabase } from '#test';

const LAUNCHER = path.resolve('dist/test/fixtures/launcher.js');
const STOP_LIMIT_MS = 10_000;
/** Whole starts, with a cluster made each time, on a machine that may be busy. */
const CASE_TIMEOUT_MS = 90_000;

/** What a stand-in service answers. */
interface ServiceAnswer {
  readonly name: string;
  readonly pid: number;
  readonly environment: Readonly<Record<string, string>>;
}

describe('the launcher', () => {
  let home: string;
  let dataDir: string;
  let ports: Record<'api' | 'worker' | 'sandbox', number>;
  /** For the cases that are not about the embedded database: they start in half the time. */
  let database: TestDatabase;
  const started: SpawnedProcess[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
  });

  afterAll(() => database.drop());

  beforeEach(async () => {
    home = mkdtempSync(path.join(os.tmpdir(), 'upp-launcher-'));
    dataDir = path.join(home, 'data');
    const [api = 0, worker = 0, sandbox = 0] = await freePorts(3);
    ports = { api, worker, sandbox };
  });

  afterEach(async () => {
    for (const each of started.splice(0)) {
      each.killTree();
      await waitFor(() => each.livingProcesses().length === 0);
    }
    rmSync(home, { recursive: true, force: true });
  });

  function spawnLauncher(env: Record<string, string | undefined> = {}, prefix: readonly string[] = []): SpawnedProcess {
    const spawned = spawnProcess([...prefix, process.execPath, LAUNCHER], {
      cwd: home,
      env: {
        UPP_DATA_DIR: dataDir,
        PORT: String(ports.api),
        WORKER_PORT: String(ports.worker),
        STRIPE_SANDBOX_PORT: String(ports.sandbox),
        DATABASE_URL: undefined,
        STRIPE_SECRET_KEY: undefined,
        ...env,
      },
    });
    started.push(spawned);
    return spawned;
  }

  async function start(env: Record<string, string | undefined> = {}, prefix: readonly string[] = []): Promise<SpawnedProcess> {
    const launcher = spawnLauncher(env, prefix);
    await launcher.waitForOutput(/is running/, { timeoutMs: 60_000 });
    return launcher;
  }

  const ask = async (service: keyof typeof ports): Promise<ServiceAnswer> =>
    (await (await fetch(`http://127.0.0.1:${ports[service]}/`)).json()) as ServiceAnswer;

  /** Blocks the event loop of the api's stand-in for ever. */
  async function hangApi(): Promise<void> {
    void fetch(`http://127.0.0.1:${ports.api}/hang`).catch(() => undefined);
    await expect(fetch(`http://127.0.0.1:${ports.api}/`, { signal: AbortSignal.timeout(1_000) })).rejects.toThrow('timeout');
  }

  const databasePid = (): number => Number.parseInt(readFileSync(path.join(dataDir, 'postgres/pg18/postmaster.pid'), 'utf8'), 10);

  const credentials = (): Record<string, unknown> =>
    JSON.parse(readFileSync(path.join(dataDir, 'credentials.json'), 'utf8')) as Record<string, unknown>;

  it(
    'starts everything, tells where things are and stops without a trace',
    async () => {
      const launcher = await start();

      const { environment } = await ask('api');
      expect(environment).toMatchObject({ STRIPE_API_BASE: `http://127.0.0.1:${ports.sandbox}`, PORT: String(ports.api) });
      expect(environment['DATABASE_URL']).toContain('postgres://');
      expect((await ask('worker')).environment['API_KEY_PEPPER']).toBe(environment['API_KEY_PEPPER']);
      expect(launcher.livingProcesses()).toEqual(expect.arrayContaining([databasePid(), (await ask('sandbox')).pid]));

      const before = performance.now();
      await expect(launcher.stop('SIGTERM')).resolves.toEqual({ code: 0, signal: null });

      expect(performance.now() - before).toBeLessThan(STOP_LIMIT_MS);
      expect(launcher.livingProcesses()).toEqual([]);
      expect(launcher.output).toContain('api drains');
    },
    CASE_TIMEOUT_MS,
  );

  it(
    'writes credentials and secrets for its owner alone and keeps them over a restart',
    async () => {
      await (await start()).stop('SIGINT');
      const first = { credentials: credentials(), secrets: readFileSync(path.join(dataDir, 'secrets.json'), 'utf8') };

      await start();

      expect(first.credentials).toEqual({
        baseUrl: `http://127.0.0.1:${ports.api}`,
        apiKey: expect.any(String) as string,
        adminEmail: expect.any(String) as string,
        adminPassword: expect.any(String) as string,
        metricsToken: expect.any(String) as string,
        webhookSecret: expect.stringMatching(/^whsec_/) as string,
        stripeSandboxUrl: `http://127.0.0.1:${ports.sandbox}`,
        databaseUrl: expect.stringMatching(/^postgres:\/\/upp@localhost/) as string,
      });
      expect(credentials()).toEqual(first.credentials);
      expect(readFileSync(path.join(dataDir, 'secrets.json'), 'utf8')).toBe(first.secrets);
      for (const file of ['credentials.json', 'secrets.json']) expect(statSync(path.join(dataDir, file)).mode & 0o777).toBe(0o600);
    },
    CASE_TIMEOUT_MS,
  );

  it(
    'refuses a second start on the same folder and names the first',
    async () => {
      const first = await start({ DATABASE_URL: database.url });
      const [api = 0, worker = 0, sandbox = 0] = await freePorts(3);
      ports = { api, worker, sandbox };

      const second = spawnLauncher();

      await expect(second.exited).resolves.toEqual({ code: 1, signal: null });
      expect(second.output).toMatch(new RegExp(`Already running on ${dataDir} \\(process ${first.pid}\\)`));
      expect(second.livingProcesses()).toEqual([]);
    },
    CASE_TIMEOUT_MS,
  );

  it.each([
    ['api', 'PORT'],
    ['worker', 'WORKER_PORT'],
    ['sandbox', 'STRIPE_SANDBOX_PORT'],
  ] as const)('refuses a taken port of the %s, names %s and leaves nothing running', async (service, variable) => {
    const other = http.createServer().listen(ports[service], '127.0.0.1');
    const launcher = spawnLauncher();

    const end = await launcher.exited;

    other.close();
    expect(end.code).toBe(1);
    expect(launcher.output).toMatch(new RegExp(`Port ${ports[service]} is taken.* ${variable}=`));
    expect(launcher.livingProcesses()).toEqual([]);
    expect(existsSync(path.join(dataDir, 'postgres'))).toBe(false);
  });

  it.each([
    ['one that no kernel makes', '/proc/upp'],
    ['one below a file', '/etc/passwd/upp'],
  ])('refuses a folder that cannot be made: %s', async (_what, folder) => {
    const launcher = spawnLauncher({ UPP_DATA_DIR: folder });

    await expect(launcher.exited).resolves.toMatchObject({ code: 1 });
    expect(launcher.output).toMatch(/cannot be written .* UPP_DATA_DIR/);
  });

  it.each([
    ['PORT', 'no-port', 'PORT is not a port number'],
    ['PORT', '70000', 'PORT is not a port number'],
    ['TLS_MODE', 'self_signed', 'npm start does not speak TLS'],
  ])('refuses %s=%s', async (variable, value, reason) => {
    const launcher = spawnLauncher({ [variable]: value });

    await expect(launcher.exited).resolves.toMatchObject({ code: 1 });
    expect(launcher.output).toContain(reason);
  });

  it.each(['api', 'worker', 'sandbox'] as const)(
    'starts the %s again after a kill -9',
    async (service) => {
      await start({ DATABASE_URL: database.url });
      const { pid } = await ask(service);

      process.kill(pid, 'SIGKILL');

      await expect(waitFor(async () => (await ask(service)).pid !== pid)).resolves.toBe(true);
    },
    CASE_TIMEOUT_MS,
  );

  it(
    'starts the database again after a kill -9, at the same address',
    async () => {
      await start();
      const killed = databasePid();

      process.kill(killed, 'SIGKILL');

      await waitFor(() => databasePid() !== killed);
      const { environment } = await ask('api');
      expect(
        spawnSync('ls', ['-a', new URL(environment['DATABASE_URL'] ?? '').searchParams.get('host') ?? '']).stdout.toString(),
      ).toContain('.s.PGSQL.5432');
    },
    CASE_TIMEOUT_MS,
  );

  it(
    'leaves no process after a kill -9 of itself',
    async () => {
      const launcher = await start();
      expect(launcher.livingProcesses()).toContain(databasePid());

      launcher.signal('SIGKILL');

      await expect(waitFor(() => launcher.livingProcesses().length === 0, { timeoutMs: STOP_LIMIT_MS })).resolves.toBe(true);
    },
    CASE_TIMEOUT_MS,
  );

  it(
    'starts again at once after a kill -9 of itself',
    async () => {
      const first = await start();
      first.signal('SIGKILL');
      await first.exited;

      await start();

      expect(first.livingProcesses()).toEqual([]);
    },
    CASE_TIMEOUT_MS,
  );

  it(
    'ends a service that hung while the launcher was killed',
    async () => {
      const first = await start({ DATABASE_URL: database.url });
      const { pid } = await ask('api');
      await hangApi();
      first.signal('SIGKILL');
      await first.exited;

      await start({ DATABASE_URL: database.url });

      expect((await ask('api')).pid).not.toBe(pid);
      expect(first.livingProcesses()).toEqual([]);
    },
    CASE_TIMEOUT_MS,
  );

  it(
    'kills a service that does not drain, within the limit',
    async () => {
      const launcher = await start({ DATABASE_URL: database.url });
      await hangApi();
      const before = performance.now();

      await expect(launcher.stop('SIGTERM')).resolves.toEqual({ code: 0, signal: null });

      expect(performance.now() - before).toBeLessThan(STOP_LIMIT_MS);
      expect(launcher.livingProcesses()).toEqual([]);
    },
    CASE_TIMEOUT_MS,
  );

  it(
    'stops cleanly in the middle of a start',
    async () => {
      const launcher = spawnLauncher();
      await waitFor(() => existsSync(path.join(dataDir, 'postgres')));

      await expect(launcher.stop('SIGTERM')).resolves.toEqual({ code: 0, signal: null });

      await waitFor(() => launcher.livingProcesses().length === 0);
      expect(launcher.output).not.toContain('is running');
    },
    CASE_TIMEOUT_MS,
  );

  it(
    'runs in a folder whose path is too long for a socket',
    async () => {
      dataDir = path.join(home, 'a'.repeat(60), 'b'.repeat(60));
      const launcher = await start();

      const sockets = new URL((await ask('api')).environment['DATABASE_URL'] ?? '').searchParams.get('host') ?? '';
      await launcher.stop();

      expect(sockets).toMatch(/^\/tmp\/upp-/);
      rmSync(sockets, { recursive: true });
    },
    CASE_TIMEOUT_MS,
  );

  it(
    'uses the server that DATABASE_URL names',
    async () => {
      const launcher = await start({ DATABASE_URL: database.url });

      expect((await ask('api')).environment['DATABASE_URL']).toBe(database.url);
      expect(existsSync(path.join(dataDir, 'postgres'))).toBe(false);
      await launcher.stop();
    },
    CASE_TIMEOUT_MS,
  );

  it(
    'uses Stripe itself when it is given a key',
    async () => {
      await start({ DATABASE_URL: database.url, STRIPE_SECRET_KEY: 'sk_test_0123456789', STRIPE_WEBHOOK_SECRET: undefined });

      const { environment } = await ask('api');
      expect(environment['STRIPE_SECRET_KEY']).toBe('sk_test_0123456789');
      expect(environment['STRIPE_API_BASE']).toBeUndefined();
      expect(credentials()).toMatchObject({ stripeSandboxUrl: null, webhookSecret: null });
      await expect(ask('sandbox')).rejects.toThrow('fetch failed');
    },
    CASE_TIMEOUT_MS,
  );

  const asNobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
  const canBeNobody = process.getuid?.() === 0 && spawnSync('env', [...asNobody, process.execPath, '--check', LAUNCHER]).status === 0;

  (canBeNobody ? describe : describe.skip)('for an ordinary user', () => {
    it(
      'runs',
      async () => {
        spawnSync('chown', ['65534:65534', home]);

        const launcher = await start({}, asNobody);

        expect(statSync(path.join(dataDir, 'credentials.json')).uid).toBe(65534);
        await expect(launcher.stop()).resolves.toEqual({ code: 0, signal: null });
      },
      CASE_TIMEOUT_MS,
    );

    it('is refused a folder that the user may not write', async () => {
      mkdirSync(dataDir);

      const launcher = spawnLauncher({}, asNobody);

      await expect(launcher.exited).resolves.toMatchObject({ code: 1 });
      expect(launcher.output).toMatch(/cannot be written \(EACCES\).*UPP_DATA_DIR/);
    });
  });
});
