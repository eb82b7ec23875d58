import type { Database } from '#platform';

/** Runs statements that the application's own role may not, such as changing a table, as the owner of the database. */
export async function asOwner(database: Database, ...statements: readonly string[]): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.query('set local role none');
    for (const statement of statements) await transaction.query(statement);
  });
}
