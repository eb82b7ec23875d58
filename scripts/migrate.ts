/**
 * Brings the database to the schema of this release: `node dist/scripts/migrate.js [--plan]`.
 *
 * With `--plan` it only lists what it would do, and ends with 3 when a step would break the release that runs now.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { MIGRATION_NAMES, pendingMigrations, runMigrations } from '#migrations';
import { AppConfig, ConfigError, processEnvironment } from '#platform';
import { contractingStatements } from './expand-only.js';

const EXIT_CONTRACTS = 3;
const SQL_FOLDER = path.resolve(import.meta.dirname, '../../migrations');

try {
  const { directUrl: url } = new AppConfig(processEnvironment()).database;
  if (process.argv.includes('--plan')) process.exitCode = await plan(url);
  else await apply(url);
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(1);
}

async function apply(url: string): Promise<void> {
  const applied = await runMigrations(url);
  for (const name of applied) console.log(`applied ${name.replace(/_\d{13}$/, '')}`);
  if (applied.length === 0) console.log('The schema is that of this release.');
  const [row] = await ask<{ isReady: boolean }>(url, 'select prepare_application_role() as "isReady"');
  if (row?.isReady !== true) {
    console.warn("The role upp_app cannot be taken: tenants are kept apart by the queries' own conditions alone. As a superuser:");
    console.warn(`  create role upp_app nologin; grant upp_app to "${new URL(url).username}";\nThen run this again.`);
  }
}

async function plan(url: string): Promise<number> {
  const pending = await pendingOf(url);
  for (const name of pending) console.log(`pending ${name}`);
  // Nothing runs on an empty database.
  if (pending.length === MIGRATION_NAMES.length) return 0;
  let contracts = 0;
  for (const name of pending) {
    for (const { statement, why } of contractingStatements(await readFile(path.join(SQL_FOLDER, `${name}.up.sql`), 'utf8'))) {
      console.error(`${name} contracts the schema: ${statement}\n  ${why}`);
      contracts++;
    }
  }
  return contracts === 0 ? 0 : EXIT_CONTRACTS;
}

async function pendingOf(url: string): Promise<string[]> {
  const pending = new Set(await pendingMigrations((sql) => ask(url, sql)));
  return MIGRATION_NAMES.filter((name) => [...pending].some((each) => each.startsWith(name)));
}

async function ask<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}
