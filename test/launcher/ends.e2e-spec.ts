import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createTestDatabase, type TestDatabase, waitFor } from '#test';
import { CASE_TIMEOUT_MS, Launched, STOP_LIMIT_MS } from './launched.js';

describe('what ends and dies under the launcher', () => {
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

  it.each(['api', 'worker', 'sandbox'] as const)(
    'starts the %s again after a kill -9',
    async (service) => {
      await launched.start({ DATABASE_URL: database.url });
      const { pid } = await launched.ask(service);

      process.kill(pid, 'SIGKILL');

      await expect(waitFor(async () => (await launched.ask(service)).pid !== pid)).resolves.toBe(true);
    },
    CASE_TIMEOUT_MS,
  );

  it(
    'starts the database again after a kill -9, at the same address',
    async () => {
      await launched.start();
      const killed = launched.databasePid();

      process.kill(killed, 'SIGKILL');

      await waitFor(() => launched.databasePid() !== killed);
      const { environment } = await launched.ask('api');
      expect(
        spawnSync('ls', ['-a', new URL(environment['DATABASE_URL'] ?? '').searchParams.get('host') ?? '']).stdout.toString(),
      ).toContain('.s.PGSQL.5432');
    },
    CASE_TIMEOUT_MS,
  );

  it(
    'leaves no process after a kill -9 of itself',
    async () => {
      const launcher = await launched.start();
      expect(launcher.livingProcesses()).toContain(launched.databasePid());

      launcher.signal('SIGKILL');

      await expect(waitFor(() => launcher.livingProcesses().length === 0, { timeoutMs: STOP_LIMIT_MS })).resolves.toBe(true);
    },
    CASE_TIMEOUT_MS,
  );

  it(
    'starts again at once after a kill -9 of itself',
    async () => {
      const first = await launched.start();
      first.signal('SIGKILL');
      await first.exited;

      await launched.start();

      expect(first.livingProcesses()).toEqual([]);
    },
    CASE_TIMEOUT_MS,
  );

  it(
    'ends a service that hung while the launcher was killed',
    async () => {
      const first = await launched.start({ DATABASE_URL: database.url });
      const { pid } = await launched.ask('api');
      await launched.hangApi();
      first.signal('SIGKILL');
      await first.exited;

      await launched.start({ DATABASE_URL: database.url });

      expect((await launched.ask('api')).pid).not.toBe(pid);
      expect(first.livingProcesses()).toEqual([]);
    },
    CASE_TIMEOUT_MS,
  );

  it(
    'kills a service that does not drain, within the limit',
    async () => {
      const launcher = await launched.start({ DATABASE_URL: database.url });
      await launched.hangApi();
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
      const launcher = launched.spawn();
      await waitFor(() => existsSync(path.join(launched.dataDir, 'postgres')));

      await expect(launcher.stop('SIGTERM')).resolves.toEqual({ code: 0, signal: null });

      await waitFor(() => launcher.livingProcesses().length === 0);
      expect(launcher.output).not.toContain('is running');
    },
    CASE_TIMEOUT_MS,
  );
});
