/** The PostgreSQL server of a test run: started once, with one migrated database that every suite copies. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { runMigrations } from '#migrations';
import { EmbeddedPostgres } from '#platform';

/** Variables through which Jest's worker processes learn of the server. */
const SERVER_URL = 'UPP_TEST_SERVER_URL';
const TEMPLATE = 'UPP_TEST_TEMPLATE';
const FOLDER_PREFIX = 'upp-test-';

/** A copy of the migrated database, for one suite alone. */
export interface TestDatabase {
  readonly url: string;
  /** Ends its connections and removes it; the end of the run does so too. */
  drop(): Promise<void>;
}

let embedded: { readonly postgres: EmbeddedPostgres; readonly folder: string } | undefined;

/**
 * Jest's global setup. Uses the server that `TEST_DATABASE_URL` names, as a superuser, or starts one of its own.
 *
 * A run of pure specs alone needs no server and starts none.
 */
export async function startTestServer(config: { readonly nonFlagArgs?: readonly string[] }): Promise<void> {
  const files = config.nonFlagArgs ?? [];
  if (files.length > 0 && files.every((file) => file.endsWith('.spec.js'))) return;
  const serverUrl = process.env['TEST_DATABASE_URL'] ?? (await startEmbedded());
  const template = `upp_test_${randomBytes(6).toString('hex')}`;
  await administer(serverUrl, `create database ${template}`);
  process.env[SERVER_URL] = serverUrl;
  process.env[TEMPLATE] = template;
  try {
    await runMigrations(urlOf(serverUrl, template));
  } catch (error) {
    await stopTestServer();
    throw error;
  }
}

/** Jest's global teardown: drops every database of the run and stops the server if it is ours. */
export async function stopTestServer(): Promise<void> {
  const { [SERVER_URL]: serverUrl, [TEMPLATE]: template } = process.env;
  if (embedded !== undefined) {
    await embedded.postgres.stop();
    rmSync(embedded.folder, { recursive: true, force: true });
  } else if (serverUrl !== undefined && template !== undefined) {
    const names = await administer(serverUrl, `select datname as name from pg_database where starts_with(datname, '${template}')`);
    for (const { name } of names as { name: string }[]) await administer(serverUrl, `drop database if exists ${name} with (force)`);
  }
}

/**
 * Copies the migrated database: tens of milliseconds.
 *
 * ```ts
 * let database: TestDatabase;
 * beforeAll(async () => { database = await createTestDatabase(); });
 * afterAll(() => database.drop());
 * ```
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { [SERVER_URL]: serverUrl, [TEMPLATE]: template } = process.env;
  if (serverUrl === undefined || template === undefined) {
    throw new Error('no test server: only .db-spec and .e2e-spec files have a database');
  }
  const name = `${template}_${randomBytes(6).toString('hex')}`;
  await administer(serverUrl, `create database ${name} template ${template}`);
  return {
    url: urlOf(serverUrl, name),
    drop: async () => {
      await administer(serverUrl, `drop database if exists ${name} with (force)`);
    },
  };
}

async function startEmbedded(): Promise<string> {
  removeAbandonedFolders();
  const folder = mkdtempSync(path.join(os.tmpdir(), `${FOLDER_PREFIX}${process.pid}-`));
  const postgres = await EmbeddedPostgres.start({ dataDir: folder, database: 'postgres', durable: false });
  embedded = { postgres, folder };
  return postgres.url;
}

/** Folders of runs that were cut off: their names hold the process id of their owner. */
function removeAbandonedFolders(): void {
  for (const name of readdirSync(os.tmpdir())) {
    const pid = name.startsWith(FOLDER_PREFIX) ? Number.parseInt(name.slice(FOLDER_PREFIX.length), 10) : Number.NaN;
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    try {
      rmSync(path.join(os.tmpdir(), name), { recursive: true, force: true });
    } catch (error) {
      // Another user's leftovers are that user's to remove.
      if (!['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function urlOf(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

async function administer(serverUrl: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: serverUrl });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}
