import pg from 'pg';
import { MIGRATION_NAMES } from '#migrations';
import { createTestDatabase, type TestDatabase } from '#test';

describe('createTestDatabase', () => {
  const databases: TestDatabase[] = [];

  async function create(): Promise<TestDatabase> {
    const database = await createTestDatabase();
    databases.push(database);
    return database;
  }

  afterEach(async () => {
    for (const database of databases.splice(0)) await database.drop();
  });

  it('gives a database with every migration applied', async () => {
    const database = await create();

    const rows = await query(database.url, 'select count(*)::int as count from schema_migrations');

    expect(rows).toEqual([{ count: MIGRATION_NAMES.length }]);
  });

  it('gives each caller its own, also at the same moment', async () => {
    const [first, second] = await Promise.all([create(), create()]);

    await query(first.url, 'create table mine (id int)');

    expect(await query(second.url, `select to_regclass('mine') as found`)).toEqual([{ found: null }]);
  });

  it('drops a database that still has clients', async () => {
    const database = await create();
    const client = new pg.Client({ connectionString: database.url });
    client.on('error', () => undefined);
    await client.connect();

    await database.drop();

    await expect(query(database.url, 'select 1')).rejects.toMatchObject({ code: '3D000' });
    await client.end().catch(() => undefined);
  });
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
