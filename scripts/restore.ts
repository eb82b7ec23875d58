/** `npm run restore -- <backup> <database URL>`: restores a backup into an empty database; without arguments it lists the backups. */
import pg from 'pg';
import { BackupsService } from '#operations';
import { runOperation } from './operations-context.js';

const [name, databaseUrl] = process.argv.slice(2);

await runOperation(async (app) => {
  const backups = app.get(BackupsService);
  const names = await backups.list();
  if (name === undefined) return names.join('\n') || 'There are no backups.';
  if (!names.includes(name)) throw new Error(`There is no backup ${name}. Without arguments this lists them.`);
  if (databaseUrl === undefined || !/^postgres(ql)?:\/\//.test(databaseUrl))
    throw new Error('Give the URL of an empty database to restore into.');
  if ((await countTables(databaseUrl)) > 0) throw new Error('That database is not empty. A restore never overwrites: create a new one.');
  await backups.restore(name, databaseUrl);
  return `${name} is restored. Run npm run restore:drill to see a restore verified, then point DATABASE_URL at the new database.`;
});

async function countTables(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ count: number }>(`select count(*)::int as count from pg_tables where schemaname = 'public'`);
    return rows[0]?.count ?? 0;
  } finally {
    await client.end();
  }
}
