import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { BackupRunsRepository, BackupsService, RestoreDrillService } from '#operations';
import { DEBIAN_POSTGRES, DEBIAN_POSTGRES_FOLDER, DebianPostgres, freePorts, requiresProgram } from '#test';
import S3rver from 's3rver';
import { TestSystem } from '../support/test-system.js';

const KEY = 'backup-encryption-key-of-the-tests-0123';
const ARCHIVE = path.resolve('dist/scripts/wal-archive.js');

/** A product over a server that archives its WAL the way docs/operations.md says, into a place for backups. */
class ArchivedSystem {
  private constructor(
    readonly folder: string,
    readonly postgres: DebianPostgres,
    readonly system: TestSystem,
    private readonly device: string,
  ) {}

  static async start(place: Readonly<Record<string, string>> = {}): Promise<ArchivedSystem> {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'upp-base-'));
    const store = 'BACKUP_S3_BUCKET' in place ? place : { BACKUP_FOLDER: path.join(folder, 'backups') };
    const settings = { ...store, BACKUP_ENCRYPTION_KEY: KEY };
    const file = path.join(folder, 'backup.env');
    writeFileSync(
      file,
      Object.entries(settings)
        .map((each) => `${each.join('=')}\n`)
        .join(''),
    );
    const postgres = await DebianPostgres.start({
      archive_mode: 'on',
      archive_command: `"${process.execPath}" --env-file=${file} ${ARCHIVE} %p`,
      wal_level: 'replica',
    });
    const system = await TestSystem.start({
      connection: async () => ({ DATABASE_URL: await postgres.createDatabase('upp') }),
      environment: {
        ...settings,
        BACKUP_METHOD: 'base',
        BACKUP_TOOLS_FOLDER: DEBIAN_POSTGRES_FOLDER,
        RESTORE_DRILL_FOLDER: folder,
        BACKUP_HOUR_UTC: '0',
        RESTORE_DRILL_HOUR_UTC: '0',
      },
    });
    return new ArchivedSystem(folder, postgres, system, (await system.device()).id);
  }

  get backups(): BackupsService {
    return this.system.app.get(BackupsService, { strict: false });
  }

  get drill(): RestoreDrillService {
    return this.system.app.get(RestoreDrillService, { strict: false });
  }

  /** Makes a payment that can be told by its amount. @returns The instant after it, by the database's clock. */
  async pay(amount: number): Promise<Date> {
    const { status, text } = await this.system.call('POST', '/api/payments', {
      key: `of-${amount}`,
      body: { amount, currency: 'usd', deviceId: this.device, paymentMethod: 'pm_card_visa' },
    });
    if (status !== 201) throw new Error(text);
    const [row] = await this.system.database.query<{ at: Date }>('select clock_timestamp() as at');
    // A date has milliseconds, an instant of the database microseconds.
    return new Date((row?.at.getTime() ?? 0) + 1);
  }

  /** Restores into a folder of its own and asks the server that starts on it which payments it has. */
  async paymentsAfterRestore(name: string, until: Date | null): Promise<number[]> {
    const folder = path.join(mkdtempSync(path.join(this.folder, 'restored-')), 'data');
    const { wal, major } = await this.backups.restoreServer(name, { folder, until });
    const restored = await DebianPostgres.startOn(folder, { archive_mode: 'off' });
    const rows = await restored.query<{ amount: number }>('upp', 'select amount_minor as amount from payments order by amount_minor');
    await restored.stop();
    expect({ major, missing: wal.missing }).toEqual({ major: '15', missing: null });
    return rows.map(({ amount }) => amount);
  }

  async stop(): Promise<void> {
    await this.system.stop();
    await this.postgres.stop();
    rmSync(this.folder, { recursive: true });
  }
}

const withPostgres = requiresProgram(DEBIAN_POSTGRES, `${DEBIAN_POSTGRES_FOLDER}/pg_basebackup`);

withPostgres('base backups and the WAL in a folder', () => {
  let archived: ArchivedSystem;
  let store: string;
  let first: string;

  beforeAll(async () => {
    archived = await ArchivedSystem.start();
    store = path.join(archived.folder, 'backups');
  }, 180_000);
  afterAll(() => archived.stop());

  const segments = () =>
    readdirSync(path.join(store, 'wal'))
      .filter((name) => /^[0-9A-F]{24}\.upp-backup$/.test(name))
      .sort();
  const files = () => readdirSync(store).filter((name) => name.endsWith('.upp-backup'));

  it('restore a server as it was at any instant', async () => {
    await archived.pay(1_001);
    ({ name: first } = await archived.backups.make());
    const between = await archived.pay(1_002);
    await archived.pay(1_003);
    await archived.postgres.archiveNow();

    expect(await archived.paymentsAfterRestore(first, between)).toEqual([1_001, 1_002]);
    expect(await archived.paymentsAfterRestore(first, null)).toEqual([1_001, 1_002, 1_003]);
  }, 180_000);

  it('hold nothing that can be read', () => {
    const names = [...files(), ...segments().map((name) => path.join('wal', name))];

    for (const name of names) expect(readFileSync(path.join(store, name)).subarray(0, 8).toString()).toBe('UPPBKP01');
  });

  it('are made once a day and proved by starting a server from them, which leaves nothing behind', async () => {
    await archived.system.database.query('delete from backup_runs');
    await Promise.all([archived.backups.makeDue(), archived.backups.makeDue()]);
    await archived.drill.proveDue();
    await archived.drill.proveDue();

    expect(await archived.system.database.query('select kind, outcome, attempts, error from backup_runs order by kind')).toEqual([
      { kind: 'backup', outcome: 'succeeded', attempts: 1, error: null },
      { kind: 'drill', outcome: 'succeeded', attempts: 1, error: null },
    ]);
    expect(await archived.drill.prove()).toMatchObject({ backup: files().at(-1), payments: 3 });
    expect(readdirSync(archived.folder).filter((name) => name.startsWith('upp-drill-'))).toEqual([]);
  }, 180_000);

  it('are found out when a segment of the WAL is missing or damaged', async () => {
    const { name } = await archived.backups.make();
    await archived.postgres.archiveNow();
    await archived.pay(1_004);
    await archived.postgres.archiveNow();
    await archived.pay(1_005);
    await archived.postgres.archiveNow();
    const victim = path.join(store, 'wal', segments().at(-2) ?? '');

    renameSync(victim, `${victim}.away`);
    await expect(archived.drill.prove()).rejects.toThrow('is missing: nothing after it can be restored');
    renameSync(`${victim}.away`, victim);
    const whole = readFileSync(victim);
    truncateSync(victim, whole.length - 20);
    await expect(archived.drill.prove()).rejects.toThrow('cut off');
    writeFileSync(victim, whole);
    expect(await archived.drill.prove()).toMatchObject({ backup: name, payments: 5 });
  }, 180_000);

  it('are found out when they are damaged themselves', async () => {
    const { name, bytes } = await archived.backups.make();
    truncateSync(path.join(store, name), bytes - 20);

    await expect(archived.drill.prove()).rejects.toThrow('cut off');

    expect(await archived.system.app.get(BackupRunsRepository, { strict: false }).failures()).toMatchObject([{ kind: 'drill' }]);
    rmSync(path.join(store, name));
  }, 180_000);

  it('refuse a folder that holds something', async () => {
    await expect(archived.backups.restoreServer(first, { folder: archived.folder, until: null })).rejects.toThrow('never overwrites');
    await expect(archived.backups.restoreServer(first, { folder: 'relative', until: null })).rejects.toThrow('whole path');
  });

  it('never let one file of the WAL take the place of another', () => {
    const [name = ''] = segments();
    const other = path.join(archived.folder, name.replace('.upp-backup', ''));
    writeFileSync(other, 'of another server');
    const archive = (file: string) =>
      spawnSync(process.execPath, [`--env-file=${path.join(archived.folder, 'backup.env')}`, ARCHIVE, file], { encoding: 'utf8' });

    expect(archive(other)).toMatchObject({ status: 1, stderr: expect.stringContaining('each server needs a place of its own') });
    expect(archive(path.join(archived.folder, 'backup.env'))).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('no file of the WAL'),
    });
  });

  it('leave when their time is over, with the WAL that only they needed', async () => {
    const before = segments();
    const oldest = files().at(0) ?? '';
    renameSync(path.join(store, oldest), path.join(store, oldest.replace(/^\d{4}/, '2020')));

    await archived.backups.make();

    expect(files().some((name) => name.startsWith('2020'))).toBe(false);
    const [needed = ''] = files().map((name) => /-base-(?<segment>\w+)/.exec(name)?.groups?.['segment'] ?? '');
    expect(segments()).toEqual(before.filter((name) => name >= needed).concat(segments().filter((name) => !before.includes(name))));
    expect(segments().length).toBeLessThan(before.length);
    expect(await archived.drill.prove()).toMatchObject({ payments: 5 });
  }, 180_000);

  it('tell for how long the WAL has not been archived', async () => {
    const ages = () => archived.system.app.get(BackupRunsRepository, { strict: false }).ages();
    const good = await ages();
    renameSync(ARCHIVE_FOLDER(), `${ARCHIVE_FOLDER()}.away`);
    writeFileSync(ARCHIVE_FOLDER(), 'in the way');
    for (let index = 0; index < 3; index++) {
      await archived.pay(2_000 + index);
      await archived.postgres.query('postgres', 'select pg_switch_wal()');
    }

    expect(good.walAgeSeconds).toBe(0);
    expect((await ages()).walAgeSeconds).toBeGreaterThan(0);
    rmSync(ARCHIVE_FOLDER());
    renameSync(`${ARCHIVE_FOLDER()}.away`, ARCHIVE_FOLDER());
    await archived.postgres.archiveNow();
    expect((await ages()).walAgeSeconds).toBe(0);
  }, 180_000);

  const ARCHIVE_FOLDER = () => path.join(store, 'wal');
});

withPostgres('base backups and the WAL in S3', () => {
  it('restore a server as it was at any instant', async () => {
    const directory = mkdtempSync(path.join(os.tmpdir(), 'upp-s3-'));
    const [port = 0] = await freePorts(1);
    const store = new S3rver({ port, address: '127.0.0.1', silent: true, directory, configureBuckets: [{ name: 'backups', configs: [] }] });
    await store.run();
    const archived = await ArchivedSystem.start({
      BACKUP_S3_BUCKET: 'backups',
      BACKUP_S3_ENDPOINT: `http://127.0.0.1:${port}`,
      BACKUP_S3_PATH_STYLE: 'true',
      BACKUP_S3_ACCESS_KEY_ID: 'S3RVER',
      BACKUP_S3_SECRET_ACCESS_KEY: 'S3RVER',
    });

    const { name } = await archived.backups.make();
    const between = await archived.pay(1_001);
    await archived.pay(1_002);
    await archived.postgres.archiveNow();

    expect(await archived.backups.list()).toEqual([name]);
    expect(await archived.paymentsAfterRestore(name, between)).toEqual([1_001]);
    expect(await archived.drill.prove()).toMatchObject({ backup: name, payments: 2 });
    await archived.stop();
    await store.close();
    rmSync(directory, { recursive: true });
  }, 180_000);
});
