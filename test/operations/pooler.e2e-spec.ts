import pg from 'pg';
import { Database, runAsTenant } from '#platform';
import { requiresProgram } from '#test';
import { describeTenancy } from '../payments/tenancy.js';
import { TestSystem } from '../support/test-system.js';
import { PgBouncer } from './pgbouncer.js';

const pgBouncers: PgBouncer[] = [];

// Worse than any pool in use: whatever a client left in the session would be the next one's.
const throughOneConnection = async (databaseUrl: string) => {
  const pgBouncer = await PgBouncer.start(databaseUrl, 1);
  pgBouncers.push(pgBouncer);
  return pgBouncer.environment;
};

requiresProgram('pgbouncer')('all clients on one server connection', () => {
  afterAll(() => {
    for (const each of pgBouncers) each.stop();
  });

  describeTenancy({ connection: throughOneConnection });
});

requiresProgram('pgbouncer')('a process behind PgBouncer', () => {
  let system: TestSystem;
  let database: Database;

  beforeAll(async () => {
    system = await TestSystem.start({ connection: throughOneConnection, environment: { DATABASE_STATEMENT_TIMEOUT_MS: '400' } });
    database = system.app.get(Database);
  });

  afterAll(async () => {
    await system.stop();
  });

  const SESSION = `select current_user as role, current_setting('upp.merchant_id', true) as tenant, current_setting('statement_timeout') as timeout`;

  it('leaves neither tenant nor role nor timeout in the session', async () => {
    const [inside] = await runAsTenant('mrc_one', () => database.query(SESSION));
    const client = new pg.Client({ connectionString: system.environment['DATABASE_URL'] });
    await client.connect();
    const { rows } = await client.query(SESSION);
    await client.end();

    expect(inside).toEqual({ role: 'upp_app', tenant: 'mrc_one', timeout: '400ms' });
    expect(rows).toEqual([{ role: 'upp', tenant: '', timeout: '0' }]);
  });

  it('keeps the tenant of whoever asks while others ask at the same time', async () => {
    const tenants = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        runAsTenant(`mrc_${index}`, async () => {
          const ask = `select current_setting('upp.merchant_id') as tenant`;
          const [single] = await database.query<{ tenant: string }>(ask);
          const inTransaction = await database.transaction(async (transaction) =>
            Promise.all([transaction.query<{ tenant: string }>(ask), transaction.query<{ tenant: string }>(ask)]),
          );
          return [single?.tenant, ...inTransaction.map(([row]) => row?.tenant)];
        }),
      ),
    );

    expect(tenants).toEqual(Array.from({ length: 60 }, (_, index) => Array<string>(3).fill(`mrc_${index}`)));
  });

  it('rolls a failed statement back and goes on with the same connection', async () => {
    await expect(database.query('select 1 / 0')).rejects.toMatchObject({ code: '22012' });
    await expect(database.query('select pg_sleep(5)')).rejects.toMatchObject({ code: 'database_unavailable' });
    await expect(
      database.transaction(async (transaction) => {
        await transaction.query('create temporary table never (id int) on commit drop');
        await transaction.query('select 1 / 0');
      }),
    ).rejects.toMatchObject({ code: '22012' });

    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('refuses at COMMIT what a deferred constraint refuses, and says so', async () => {
    const client = new pg.Client({ connectionString: system.environment['DATABASE_DIRECT_URL'] });
    await client.connect();
    await client.query('create table pairs (id int primary key, partner int references pairs deferrable initially deferred)');
    await client.query('grant insert on pairs to upp_app');
    await client.end();

    await expect(database.query('insert into pairs values (1, 2)')).rejects.toMatchObject({ code: '23503' });
  });

  it('is told at boot that migrations and backups need another way', async () => {
    const { AppConfig } = await import('#platform');

    expect(() => new AppConfig({ ...system.environment, DATABASE_DIRECT_URL: '' })).toThrow('DATABASE_DIRECT_URL');
  });
});
