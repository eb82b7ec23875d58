import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import pg from 'pg';
import { createTestDatabase, waitFor } from '#test';
import { ClockModule } from '../clock.module.js';
import { AppConfig } from '../config/app-config.js';
import { ConfigurationModule } from '../config/configuration.module.js';
import { Database } from './database.js';
import { DatabaseModule } from './database.module.js';

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
});
