/** Reads on the way of a payment that may fail without failing the payment. */
import { type Queryable } from '#platform';

/**
 * Reads inside a payment's transaction, for so long and no longer.
 *
 * @returns null when it took longer, waits for locks included; the transaction goes on as if nothing had been read.
 */
export async function readWithin<T>(transaction: Queryable, budgetMs: number, read: () => Promise<T>): Promise<T | null> {
  await transaction.query('savepoint fraud_read');
  try {
    await transaction.query(`select set_config('statement_timeout', $1, true)`, [String(Math.round(budgetMs))]);
    const found = await read();
    await transaction.query('set local statement_timeout to default');
    await transaction.query('release savepoint fraud_read');
    return found;
  } catch (error) {
    if (!isCutOff(error)) throw error;
    // This undoes the timeout as well.
    await transaction.query('rollback to savepoint fraud_read');
    return null;
  }
}

/** Whether a statement ran into its time or waited too long for a lock. */
export function isCutOff(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === '57014' || code === '55P03';
}
