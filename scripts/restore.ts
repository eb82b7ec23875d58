/**
 * `npm run restore`: lists the backups.
 *
 * `npm run restore -- <logical backup> <URL of an empty database>` restores a database;
 * `npm run restore -- <base backup> <empty folder> [<last instant>]` restores a server's folder, as it was at that instant or as late as can be.
 */
import pg from 'pg';
import { BackupsService } from '#operations';
import { runOperation } from './operations-context.js';

const [name, target, instant] = process.argv.slice(2);

await runOperation(async (app) => {
  const backups = app.get(BackupsService);
  const names = await backups.list();
  if (name === undefined) return names.join('\n') || 'There are no backups.';
  if (!names.includes(name)) throw new Error(`There is no backup ${name}. Without arguments this lists them.`);
  return name.includes('-base-') ? restoreServer(backups, name) : restoreDatabase(backups, name);
});

async function restoreDatabase(backups: BackupsService, backup: string): Promise<string> {
  if (target === undefined || !/^postgres(ql)?:\/\//.test(target)) throw new Error('Give the URL of an empty database to restore into.');
  if (instant !== undefined) throw new Error('A logical backup holds one instant, its own. For any other, make base backups.');
  if ((await countTables(target)) > 0) throw new Error('That database is not empty. A restore never overwrites: create a new one.');
  await backups.restore(backup, target);
  return `${backup} is restored. Run npm run restore:drill to see a restore verified, then point DATABASE_URL at the new database.`;
}

async function restoreServer(backups: BackupsService, backup: string): Promise<string> {
  if (target === undefined) throw new Error('Give the whole path of an empty folder to restore into.');
  const until = instant === undefined ? null : new Date(instant);
  if (until !== null && Number.isNaN(until.getTime())) throw new Error('Give the last instant as 2026-11-23T10:00:00Z.');
  const { major, wal } = await backups.restoreServer(backup, { folder: target, until });
  const end =
    wal.missing === null ? '' : `\nThe WAL ends before ${wal.missing}, which is missing from the archive: what came later is lost.`;
  return `${target} is ready, with ${wal.segments} segments of WAL in ${target}-wal.${end}
Start PostgreSQL ${major} on it, as the owner of both folders: it replays, ends the recovery and serves. Then remove ${target}-wal.`;
}

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
