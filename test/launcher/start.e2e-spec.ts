import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { createTestDatabase, type TestDatabase } from '#test';
import { AS_NOBODY, CASE_TIMEOUT_MS, CHECK_OF_LAUNCHER, Launched, STOP_LIMIT_MS } from './launched.js';

describe('a start', () => {
  let launched: Launched;
  /** For the cases that are not about the embedded database: they start in half the time. */
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    launched = await Launched.prepare();
  });
  afterEach(() => launched.clear());

  it(
    'starts everything, tells where things are and stops without a trace',
    async () => {
      const launcher = await launched.start();

      const { environment } = await launched.ask('api');
      expect(environment).toMatchObject({
        STRIPE_API_BASE: `http://127.0.0.1:${launched.ports.sandbox}`,
        PORT: String(launched.ports.api),
      });
      expect(environment['DATABASE_URL']).toContain('postgres://');
      expect((await launched.ask('worker')).environment['API_KEY_PEPPER']).toBe(environment['API_KEY_PEPPER']);
      expect(launcher.livingProcesses()).toEqual(expect.arrayContaining([launched.databasePid(), (await launched.ask('sandbox')).pid]));

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
      await (await launched.start()).stop('SIGINT');
      const first = { credentials: launched.credentials(), secrets: readFileSync(path.join(launched.dataDir, 'secrets.json'), 'utf8') };

      await launched.start();

      expect(first.credentials).toEqual({
        baseUrl: `http://127.0.0.1:${launched.ports.api}`,
        apiKey: expect.any(String) as string,
        adminEmail: expect.any(String) as string,
        adminPassword: expect.any(String) as string,
        metricsToken: expect.any(String) as string,
        webhookSecret: expect.stringMatching(/^whsec_/) as string,
        stripeSandboxUrl: `http://127.0.0.1:${launched.ports.sandbox}`,
        databaseUrl: expect.stringMatching(/^postgres:\/\/upp@localhost/) as string,
      });
      expect(launched.credentials()).toEqual(first.credentials);
      expect(readFileSync(path.join(launched.dataDir, 'secrets.json'), 'utf8')).toBe(first.secrets);
      for (const file of ['credentials.json', 'secrets.json']) expect(statSync(path.join(launched.dataDir, file)).mode & 0o777).toBe(0o600);
    },
    CASE_TIMEOUT_MS,
  );

  it(
    'runs in a folder whose path is too long for a socket',
    async () => {
      launched.dataDir = path.join(launched.home, 'a'.repeat(60), 'b'.repeat(60));
      const launcher = await launched.start();

      const sockets = new URL((await launched.ask('api')).environment['DATABASE_URL'] ?? '').searchParams.get('host') ?? '';
      await launcher.stop();

      expect(sockets).toMatch(/^\/tmp\/upp-/);
      rmSync(sockets, { recursive: true });
    },
    CASE_TIMEOUT_MS,
  );

  it(
    'uses the server that DATABASE_URL names',
    async () => {
      const launcher = await launched.start({ DATABASE_URL: database.url });

      expect((await launched.ask('api')).environment['DATABASE_URL']).toBe(database.url);
      expect(existsSync(path.join(launched.dataDir, 'postgres'))).toBe(false);
      await launcher.stop();
    },
    CASE_TIMEOUT_MS,
  );

  it(
    'uses Stripe itself when it is given a key',
    async () => {
      await launched.start({ DATABASE_URL: database.url, STRIPE_SECRET_KEY: 'sk_test_0123456789', STRIPE_WEBHOOK_SECRET: undefined });

      const { environment } = await launched.ask('api');
      expect(environment['STRIPE_SECRET_KEY']).toBe('sk_test_0123456789');
      expect(environment['STRIPE_API_BASE']).toBeUndefined();
      expect(launched.credentials()).toMatchObject({ stripeSandboxUrl: null, webhookSecret: null });
      await expect(launched.ask('sandbox')).rejects.toThrow('fetch failed');
    },
    CASE_TIMEOUT_MS,
  );

  it(
    'refuses a second start on the same folder and names the first',
    async () => {
      const first = await launched.start({ DATABASE_URL: database.url });
      const second = await launched.spawnBeside();

      await expect(second.exited).resolves.toEqual({ code: 1, signal: null });
      expect(second.output).toMatch(new RegExp(`Already running on ${launched.dataDir} \\(process ${first.pid}\\)`));
      expect(second.livingProcesses()).toEqual([]);
    },
    CASE_TIMEOUT_MS,
  );

  it.each([
    ['api', 'PORT'],
    ['worker', 'WORKER_PORT'],
    ['sandbox', 'STRIPE_SANDBOX_PORT'],
  ] as const)('refuses a taken port of the %s, names %s and leaves nothing running', async (service, variable) => {
    const other = http.createServer().listen(launched.ports[service], '127.0.0.1');
    const launcher = launched.spawn();

    const end = await launcher.exited;

    other.close();
    expect(end.code).toBe(1);
    expect(launcher.output).toMatch(new RegExp(`Port ${launched.ports[service]} is taken.* ${variable}=`));
    expect(launcher.livingProcesses()).toEqual([]);
    expect(existsSync(path.join(launched.dataDir, 'postgres'))).toBe(false);
  });

  it.each([
    ['one that no kernel makes', '/proc/upp'],
    ['one below a file', '/etc/passwd/upp'],
  ])('refuses a folder that cannot be made: %s', async (_what, folder) => {
    const launcher = launched.spawn({ UPP_DATA_DIR: folder });

    await expect(launcher.exited).resolves.toMatchObject({ code: 1 });
    expect(launcher.output).toMatch(/cannot be written .* UPP_DATA_DIR/);
  });

  it.each([
    ['PORT', 'no-port', 'PORT is not a port number'],
    ['PORT', '70000', 'PORT is not a port number'],
    ['TLS_MODE', 'self_signed', 'npm start does not speak TLS'],
  ])('refuses %s=%s', async (variable, value, reason) => {
    const launcher = launched.spawn({ [variable]: value });

    await expect(launcher.exited).resolves.toMatchObject({ code: 1 });
    expect(launcher.output).toContain(reason);
  });

  const canBeNobody = process.getuid?.() === 0 && spawnSync('env', [...AS_NOBODY, ...CHECK_OF_LAUNCHER]).status === 0;

  (canBeNobody ? describe : describe.skip)('for an ordinary user', () => {
    it(
      'runs',
      async () => {
        spawnSync('chown', ['65534:65534', launched.home]);

        const launcher = await launched.start({}, AS_NOBODY);

        expect(statSync(path.join(launched.dataDir, 'credentials.json')).uid).toBe(65534);
        await expect(launcher.stop()).resolves.toEqual({ code: 0, signal: null });
      },
      CASE_TIMEOUT_MS,
    );

    it('is refused a folder that the user may not write', async () => {
      mkdirSync(launched.dataDir);

      const launcher = launched.spawn({}, AS_NOBODY);

      await expect(launcher.exited).resolves.toMatchObject({ code: 1 });
      expect(launcher.output).toMatch(/cannot be written \(EACCES\).*UPP_DATA_DIR/);
    });
  });
});
