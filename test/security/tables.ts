/** Looks into every table of a database. */
import type { Database } from '#platform';

/** What tables hold any of the texts, looking at every row as text, and at its bytes as the hexadecimal digits that they are in such a text. */
export async function tablesThatHold(database: Database, texts: readonly string[], except: readonly string[] = []): Promise<string[]> {
  const tables = await database.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> all ($1)`,
    [except],
  );
  const found: string[] = [];
  for (const { name } of tables) {
    for (const text of texts) {
      const rows = await database.query(
        `select 1 from ${name} as r where position($1 in r::text) > 0 or position($2 in r::text) > 0 limit 1`,
        [text, Buffer.from(text).toString('hex')],
      );
      if (rows.length > 0) found.push(`${name} holds ${text}`);
    }
  }
  return found;
}
