import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { AlertEngine } from '#monitoring';
import { BackupsService, RestoreDrillService } from '#operations';
import { AuditSealer } from '#security';
import {
  asOwner,
  DEBIAN_POSTGRES,
  DEBIAN_POSTGRES_FOLDER,
  DebianPostgres,
  freePorts,
  presentTransactionsEnded,
  requiresProgram,
  waitFor,
} from '#test';
import pg from 'pg';
import S3rver from 's3rver';
import { TestSystem } from '../support/test-system.js';

const KEY = 'backup-encryption-key-of-the-tests-0123';

// pg_dump refuses servers newer than itself: these suites bring the server of Debian's pg_dump.
const withPostgres = requiresProgram(DEBIAN_POSTGRES, `${DEBIAN_POSTGRES_FOLDER}/pg_dump`);

let postgres: DebianPostgres;
let databases = 0;

/** Of a product that works on that server. */
const onPostgres15 = async () => ({
  DATABASE_URL: await postgres.createDatabase(`upp_${databases++}`),
  BACKUP_TOOLS_FOLDER: DEBIAN_POSTGRES_FOLDER,
});

withPostgres('logical backups in a folder', () => {
  let folder: string;
  let system: TestSystem;

  beforeAll(async () => {
    postgres = await DebianPostgres.start();
    folder = mkdtempSync(path.join(os.tmpdir(), 'upp-backups-'));
    system = await TestSystem.start({
      connection: onPostgres15,
      environment: {
        BACKUP_FOLDER: folder,
        BACKUP_ENCRYPTION_KEY: KEY,
        BACKUP_HOUR_UTC: '0',
        RESTORE_DRILL_HOUR_UTC: '0',
        BACKUP_KEEP_DAYS: '7',
      },
    });
    const device = await system.device();
    await system.call('POST', '/api/payments', {
      key: 'kept',
      body: { amount: 4_200, currency: 'usd', deviceId: device.id, paymentMethod: 'pm_card_visa', description: 'a needle in the haystack' },
    });
  });

  afterAll(async () => {
    await system.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true });
  });

  const backups = () => system.app.get(BackupsService, { strict: false });
  const drill = () => system.app.get(RestoreDrillService, { strict: false });

  it('are made once a day, encrypted, and proved by a restore', async () => {
    await Promise.all([backups().makeDue(), backups().makeDue()]);
    await backups().makeDue();
    const report = await drill().prove();

    const names = readdirSync(folder).filter((name) => name.endsWith('.upp-backup'));
    expect(names).toHaveLength(1);
    expect(readFileSync(path.join(folder, names[0] ?? '')).includes('needle in the haystack')).toBe(false);
    expect(report).toMatchObject({ backup: names[0], payments: 1 });
    expect(await system.database.query(`select kind, outcome, attempts from backup_runs order by kind`)).toEqual([
      { kind: 'backup', outcome: 'succeeded', attempts: 1 },
      { kind: 'drill', outcome: 'succeeded', attempts: 1 },
    ]);
    expect(await drillDatabases()).toBe(0);
  });

  it('are found out when they are damaged, and the failure is noted', async () => {
    const { name, bytes } = await backups().make();
    truncateSync(path.join(folder, name), bytes - 20);

    await expect(drill().prove()).rejects.toThrow('cut off');

    expect(await system.database.query(`select outcome from backup_runs where kind = 'drill'`)).toEqual([{ outcome: 'failed' }]);
    expect(await drillDatabases()).toBe(0);
    rmSync(path.join(folder, name));
  });

  it('are found out when the ledger in them does not add up, and somebody is told at once', async () => {
    await system.database.query(`update payments set amount_received_minor = amount_received_minor + 1`);
    const { name } = await backups().make();
    await system.database.query(`update payments set amount_received_minor = amount_received_minor - 1`);

    await expect(drill().prove()).rejects.toThrow('amount_received_minor 4201/4200');

    await system.app.get(AlertEngine, { strict: false }).watchDeployment();
    expect(await system.database.query(`select subject, severity, summary from alerts where rule = 'backup_failed'`)).toEqual([
      {
        subject: 'drill',
        severity: 'critical',
        summary: expect.stringContaining('The restore drill failed: the ledger has 1 differences'),
      },
    ]);
    rmSync(path.join(folder, name));
  });

  it('are found out when a line of the audit log in them was changed', async () => {
    await presentTransactionsEnded(system.database);
    await system.app.get(AuditSealer).sealNext();
    await asOwner(
      system.database,
      `set local session_replication_role = 'replica'`,
      `update audit_log set actor = 'user:somebody_else' where sequence = (select min(sequence) from audit_chain)`,
    );
    const { name } = await backups().make();

    await expect(drill().prove()).rejects.toThrow('the audit chain is broken: line_changed');
    rmSync(path.join(folder, name));
  });

  it('leave when their time is over', async () => {
    const old = '2020-01-01T020000Z-logical.upp-backup';
    const stranger = 'notes.txt';
    spawnSync('touch', [path.join(folder, old), path.join(folder, stranger)]);

    await backups().make();

    expect(readdirSync(folder)).not.toContain(old);
    expect(readdirSync(folder)).toContain(stranger);
  });

  it('fail in plain words and leave nothing behind when pg_dump does', async () => {
    const before = readdirSync(folder);
    const broken = await TestSystem.start({
      connection: async () => ({ ...(await onPostgres15()), BACKUP_TOOLS_FOLDER: '/nowhere' }),
      environment: { BACKUP_FOLDER: folder, BACKUP_ENCRYPTION_KEY: KEY },
    });

    await expect(broken.app.get(BackupsService, { strict: false }).make()).rejects.toThrow('pg_dump cannot be started');
    expect(await broken.database.query(`select outcome from backup_runs`)).toEqual([{ outcome: 'failed' }]);
    await broken.stop();

    expect(readdirSync(folder)).toEqual(before);
  });

  it('show their age to Prometheus', async () => {
    const text = await waitFor(async () => {
      const answer = await fetch(`${system.url}/metrics/prometheus`, { headers: { authorization: 'Bearer metrics-token-of-the-tests' } });
      const body = await answer.text();
      return /^upp_backup_age_seconds \d/m.test(body) ? body : null;
    });

    expect(Number(/^upp_backup_age_seconds (?<age>[\d.]+)/m.exec(text)?.groups?.['age'])).toBeLessThan(60);
  });

  it('that were made with a former key are restored, with the keys of persons that the present one seals', async () => {
    const { name } = await backups().make();
    const rotated = await TestSystem.start({
      connection: onPostgres15,
      environment: { BACKUP_FOLDER: folder, BACKUP_ENCRYPTION_KEY: `new-${KEY}`, BACKUP_ENCRYPTION_KEYS_PREVIOUS: KEY },
    });
    const present = rotated.app.get(BackupsService, { strict: false });
    await present.make();
    const url = new URL(String(rotated.environment['DATABASE_URL']));
    await query(url, 'create database upp_restored template template0');
    url.pathname = '/upp_restored';

    await present.restore(name, url.href);

    await rotated.stop();
    expect(await query(url, 'select amount_minor::int as amount from payments')).toEqual([{ amount: 4_200 }]);
  });

  async function query(url: URL, statement: string): Promise<unknown[]> {
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    const { rows } = await client.query(statement);
    await client.end();
    return rows;
  }

  async function drillDatabases(): Promise<number> {
    const [row] = await system.database.query<{ count: number }>(
      `select count(*) as count from pg_database where starts_with(datname, 'upp_drill_')`,
    );
    return row?.count ?? -1;
  }
});

withPostgres('logical backups in S3', () => {
  beforeAll(async () => {
    postgres = await DebianPostgres.start();
  });
  afterAll(() => postgres.stop());

  it('are stored in parts under the prefix, listed and restored', async () => {
    const directory = mkdtempSync(path.join(os.tmpdir(), 'upp-s3-'));
    const [port = 0] = await freePorts(1);
    const store = new S3rver({ port, address: '127.0.0.1', silent: true, directory, configureBuckets: [{ name: 'backups', configs: [] }] });
    await store.run();
    const system = await TestSystem.start({
      connection: onPostgres15,
      environment: {
        BACKUP_S3_BUCKET: 'backups',
        BACKUP_S3_ENDPOINT: `http://127.0.0.1:${port}`,
        BACKUP_S3_PATH_STYLE: 'true',
        BACKUP_S3_ACCESS_KEY_ID: 'S3RVER',
        BACKUP_S3_SECRET_ACCESS_KEY: 'S3RVER',
        BACKUP_ENCRYPTION_KEY: KEY,
      },
    });
    const backups = system.app.get(BackupsService, { strict: false });

    const { name } = await backups.make();
    const report = await system.app.get(RestoreDrillService, { strict: false }).prove();

    expect(await backups.list()).toEqual([name]);
    expect(report.backup).toBe(name);
    await system.stop();
    await store.close();
    rmSync(directory, { recursive: true });
  });
});
