import type { Queryable } from '#platform';
import { waitFor } from './wait-for.js';

/**
 * Waits until every transaction of now has ended, whoever runs it.
 *
 * Merchants' events and the audit chain are read in the order of transactions, and only behind the oldest that still runs anywhere on the
 * server. Suites share a server: without this wait, a transaction of the suite beside holds back what a test has just written.
 */
export async function presentTransactionsEnded(database: Queryable): Promise<void> {
  const [now] = await database.query<{ end: string }>('select pg_snapshot_xmax(pg_current_snapshot())::text as "end"');
  await waitFor(
    async function transactionsOfBeforeEnded() {
      const [row] = await database.query<{ ended: boolean }>('select pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8 as ended', [
        now?.end,
      ]);
      return row?.ended;
    },
    { timeoutMs: 25_000 },
  );
}
