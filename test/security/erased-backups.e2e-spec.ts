import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { DAY_MS, newId } from '#kernel';
import { BackupsService, RestoreDrillService } from '#operations';
import { CustomerPrivacyService } from '#security';
import { startSecuredApp } from './secured-app.js';
import { DEBIAN_POSTGRES, DEBIAN_POSTGRES_FOLDER, DebianPostgres, requiresProgram } from '#test';
import { TestSystem } from '../support/test-system.js';

const BY = { actor: 'system:test' };

requiresProgram(DEBIAN_POSTGRES)('a backup that is older than an erasure', () => {
  let folder: string;
  let postgres: DebianPostgres;
  let system: TestSystem;
  let restoredUrl: string;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'upp-erased-'));
    // pg_dump refuses servers newer than itself: this is the server of Debian's.
    postgres = await DebianPostgres.start();
    system = await TestSystem.start({
      connection: async () => ({ DATABASE_URL: await postgres.createDatabase('upp'), BACKUP_TOOLS_FOLDER: DEBIAN_POSTGRES_FOLDER }),
      environment: { BACKUP_FOLDER: folder, BACKUP_ENCRYPTION_KEY: 'backup-encryption-key-of-the-tests-0123' },
    });
    restoredUrl = await anEmptyDatabase();
  });
  afterAll(async () => {
    await onServer(`drop database if exists ${new URL(restoredUrl).pathname.slice(1)} with (force)`);
    await system.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true });
  });

  it('holds nobody’s key, and with the newest keys it opens only those who were not erased', async () => {
    const backups = system.app.get(BackupsService, { strict: false });
    const [ada, grace] = [await aCustomer('ada@example.com'), await aCustomer('grace@example.com')];
    const old = asOfYesterday((await backups.make()).name);
    await system.app.get(CustomerPrivacyService).erase(system.merchantId, ada.id, BY);
    // The next day's: of the keys only these are left.
    const newer = await backups.make();

    await backups.restore(old, restoredUrl);

    expect(readdirSync(folder).toSorted()).toEqual([old, newer.name, 'personal-data-keys.upp-keys'].toSorted());
    expect(await inRestored('select key_wrapped from personal_data_keys where subject_id = $1', [ada.id])).toEqual([{ key_wrapped: null }]);
    const restored = await startSecuredApp({ databaseUrl: restoredUrl, environment: { ...system.environment, DATABASE_URL: restoredUrl } });
    const privacy = restored.app.get(CustomerPrivacyService);
    const emails = [ada, grace].map(({ id }) => privacy.export(system.merchantId, id, BY).then(({ email }) => email));
    expect(await Promise.all(emails)).toEqual([null, 'grace@example.com']);
    expect(await privacy.eraseBroughtBack()).toBe(1);
    await restored.close();
    expect(
      await inRestored('select description, email_sealed from payments p join customers c on c.id = customer_id where c.id = $1', [ada.id]),
    ).toEqual([{ description: null, email_sealed: null }]);
  });

  it('fails the drill when the keys are lost', async () => {
    await aCustomer('lost@example.com');
    await system.app.get(BackupsService, { strict: false }).make();
    rmSync(path.join(folder, 'personal-data-keys.upp-keys'));

    await expect(system.app.get(RestoreDrillService, { strict: false }).prove()).rejects.toThrow('customers whose address no key opens');
  });

  /** Two backups of one second would have one name. */
  function asOfYesterday(name: string): string {
    const day = new Date(Date.parse(name.slice(0, 10)) - DAY_MS).toISOString().slice(0, 10);
    const older = `${day}${name.slice(10)}`;
    renameSync(path.join(folder, name), path.join(folder, older));
    return older;
  }

  async function aCustomer(customerEmail: string): Promise<{ id: string }> {
    const { id: deviceId } = await system.device();
    const { body } = await system.call('POST', '/api/payments', {
      key: newId('payment'),
      body: { amount: 1099, currency: 'usd', deviceId, paymentMethod: 'pm_card_visa', customerEmail, description: `for ${customerEmail}` },
    });
    const [row] = await system.database.query<{ id: string }>('select customer_id as id from payments where id = $1', [body.id]);
    return row ?? { id: '' };
  }

  async function anEmptyDatabase(): Promise<string> {
    const url = new URL(system.environment['DATABASE_URL'] ?? '');
    const name = `${url.pathname.slice(1)}_restored_${Math.random().toString(36).slice(2, 8)}`;
    await onServer(`create database ${name} template template0`);
    url.pathname = `/${name}`;
    return url.href;
  }

  async function onServer(sql: string): Promise<void> {
    const url = new URL(system.environment['DATABASE_URL'] ?? '');
    url.pathname = '/postgres';
    await query(url.href, sql);
  }

  function inRestored(sql: string, params: readonly unknown[]): Promise<unknown[]> {
    return query(restoredUrl, sql, params);
  }

  async function query(url: string, sql: string, params: readonly unknown[] = []): Promise<unknown[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(sql, [...params])).rows as unknown[];
    } finally {
      await client.end();
    }
  }
});
