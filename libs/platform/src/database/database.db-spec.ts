import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { createTestDatabase, waitFor } from '#test';
import { ClockModule } from '../clock.module.js';
import { AppConfig } from '../config/app-config.js';
import { ConfigurationModule } from '../config/configuration.module.js';
import { Database } from './database.js';
import { DatabaseModule } from './database.module.js';
import { DatabaseUnavailableError } from './postgres-errors.js';

@Module({})
class Root {}

describe(Database.name, () => {
  let server: Awaited<ReturnType<typeof createTestDatabase>>;
  let app: INestApplicationContext;
  let database: Database;
  let other: pg.Client;

  beforeAll(async () => {
    server = await createTestDatabase();
    const config = new AppConfig({
      NODE_ENV: 'test',
      DATABASE_URL: server.url,
      STRIPE_SECRET_KEY: 'sk_test_0123456789abcdef',
      API_KEY_PEPPER: 'pepper-of-the-tests-0123456789abcdef',
      DATABASE_POOL_SIZE: '1',
      DATABASE_ACQUIRE_TIMEOUT_MS: '100',
      ENCRYPTION_KEY: 'encryption-key-of-the-tests-0123456789',
    });
    const imports = [ConfigurationModule.forRoot(config), ClockModule, DatabaseModule];
    app = await NestFactory.createApplicationContext({ module: Root, imports }, { logger: ['error'] });
    database = app.get(Database);
    other = new pg.Client({ connectionString: server.url });
    await other.connect();
    await other.query('create table seats (id integer primary key, taken integer not null default 0)');
    await other.query('insert into seats (id) values (1), (2)');
    await other.query('grant select, update on seats to upp_app');
  });
  afterAll(async () => {
    await other.end();
    await app.close();
    await server.drop();
  });

  it('sends a single statement again that had to give way in a deadlock', async () => {
    // Of two that wait for each other the one that looks first gives way: never the other one.
    await other.query(`set deadlock_timeout = '1h'`);
    await other.query('begin');
    await other.query('update seats set taken = taken + 1 where id = 1');
    const both = database.query(
      `with second as (select id from seats where id = 2 for update), first as (select seats.id from seats, second where seats.id = 1 for update of seats)
       update seats set taken = taken + 10 from first where seats.id = first.id returning taken`,
    );
    await waitFor(async function theStatementWaits() {
      const { rows } = await other.query(`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
      return rows.length === 1;
    });
    await other.query('update seats set taken = taken + 1 where id = 2');
    await other.query('commit');

    expect(await both).toEqual([{ taken: 11 }]);
  });

  it('takes back what went along when a statement behind it fails, and tells whoever waits', async () => {
    const failing = database.transaction(async (transaction) => {
      await transaction.execute('update seats set taken = taken + 100 where id = 1');
      await transaction.query(`select 1 / (select 0 from seats where id = 1)`);
    });

    await expect(failing).rejects.toThrow('division by zero');
    expect(await database.query('select count(*)::int as count from seats where taken >= 100')).toEqual([{ count: 0 }]);
  });

  it('fails the commit with what failed along with it, and commits nothing', async () => {
    const failing = database.transaction(async (transaction) => {
      await transaction.query('update seats set taken = taken + 100 where id = 1');
      await transaction.execute('update seats set taken = 1 / (taken - taken) where id = 2');
    });

    await expect(failing).rejects.toThrow('division by zero');
    expect(await database.query('select count(*)::int as count from seats where taken >= 100')).toEqual([{ count: 0 }]);
  });

  it('gives the rows of those before a failure to whoever asked for them, and the failure to those behind it', async () => {
    const asked: Promise<unknown>[] = [];
    const failing = database.transaction(async (transaction) => {
      asked.push(
        transaction.query('select 1 as one'),
        transaction.query('select 1 / taken / 0 as none from seats where id = 1'),
        transaction.query('select 3 as three'),
      );
      await Promise.allSettled(asked);
      throw new Error('given up');
    });

    await expect(failing).rejects.toThrow('given up');
    expect(await Promise.allSettled(asked)).toMatchObject([
      { status: 'fulfilled', value: [{ one: 1 }] },
      { status: 'rejected', reason: { code: '22012' } },
      { status: 'rejected', reason: { code: '22012' } },
    ]);
  });

  it('reads every type as a statement alone does, however often it is run', async () => {
    const sql = `select $1::int as number, 5::int8 as big, 'x'::text as text, null::text as nothing, '{"a":1}'::jsonb as json,
      timestamptz '2026-01-02 03:04:05+00' as at, '{a,b}'::text[] as list, true as yes`;
    const row = {
      number: 1,
      big: 5,
      text: 'x',
      nothing: null,
      json: { a: 1 },
      at: new Date('2026-01-02T03:04:05Z'),
      list: ['a', 'b'],
      yes: true,
    };

    const alone = [await database.query(sql, [1]), await database.query(sql, [2])];
    const together = await database.transaction((transaction) =>
      Promise.all([transaction.query(sql, [3]), transaction.query(sql, [4]), transaction.query('select 1 where false')]),
    );

    expect([...alone, ...together]).toEqual([[row], [{ ...row, number: 2 }], [{ ...row, number: 3 }], [{ ...row, number: 4 }], []]);
  });

  it('sends nothing of a statement with a value that cannot be, and goes on with the connection', async () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;

    await expect(database.query('select $1::jsonb', [circular])).rejects.toThrow(/circular/i);
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('asks nothing of the server for a transaction in which nothing is done', async () => {
    const before = await commits();

    await database.transaction(() => Promise.resolve());

    expect(await commits()).toBe(before);
  });

  async function commits(): Promise<unknown> {
    const { rows } = await other.query<{ state_change: Date }>(
      `select state_change from pg_stat_activity where datname = current_database() and application_name = 'upp'`,
    );
    return rows[0]?.state_change.getTime();
  }

  it.each([
    ['statements', () => database.query('select 1')],
    ['entities', () => app.get(DataSource).query('select 1')],
  ])('says that it is not available when no connection becomes free in time, to %s', async (_, ask) => {
    const asked = database.transaction(async () => {
      await ask();
    });

    await expect(asked).rejects.toBeInstanceOf(DatabaseUnavailableError);
  });
});
