import { spawnSync } from 'node:child_process';
import pg from 'pg';
import { createTestDatabase } from '#test';

/**
 * `describe` where pg_dump can read the test server, else a skipped suite whose title names what is missing: pg_dump refuses servers newer than
 * itself, and the embedded server is newer than Debian's programs.
 */
export async function describeWithTools(): Promise<(title: string, suite: () => void) => void> {
  const dumpMajor = Number(/ (\d+)/.exec(spawnSync('sh', ['-c', 'pg_dump --version'], { encoding: 'utf8' }).stdout)?.[1] ?? 0);
  const database = await createTestDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query<{ major: number }>(`select current_setting('server_version_num')::int / 10000 as major`);
  await client.end();
  await database.drop();
  const serverMajor = rows[0]?.major ?? 0;
  if (dumpMajor >= serverMajor) return describe;
  return (title, suite) => {
    describe.skip(`${title} [needs pg_dump ${serverMajor}]`, suite);
  };
}
