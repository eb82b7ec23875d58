/** Where PostgreSQL spends its time, where it can tell: a server with `shared_preload_libraries = pg_stat_statements`. */
import type pg from 'pg';

const SHOWN = 25;

/** Prints the statements that took longest, with their calls, and forgets them; says nothing where the server cannot tell. */
export async function printStatements(database: pg.Pool): Promise<void> {
  const { rows: loaded } = await database.query(`select 1 from pg_settings where name = 'pg_stat_statements.max'`);
  if (loaded.length === 0) return;
  await database.query('create extension if not exists pg_stat_statements');
  const { rows } = await database.query<{ calls: number; total: number; mean: number; text: string }>(
    `select calls, total_exec_time as total, mean_exec_time as mean, left(regexp_replace(query, '\\s+', ' ', 'g'), 110) as text
     from pg_stat_statements where dbid = (select oid from pg_database where datname = current_database())
     order by total_exec_time desc limit $1`,
    [SHOWN],
  );
  for (const { calls, total, mean, text } of rows)
    console.log(`${total.toFixed(0).padStart(8)} ms  ${String(calls).padStart(7)} × ${mean.toFixed(3)} ms  ${text}`);
}
