import { pendingMigrations } from '#migrations';
import { LedgerRepository, SpendingLimitsRepository } from '#payments';
import { type AppConfig, openDatabase } from '#platform';
import type { AuditVerifier } from '#security';

/** The restored database is not what it should be. */
export class DrillFailedError extends Error {
  override readonly name = 'DrillFailedError';
}

// Beyond these the count says enough.
const MAX_NAMED = 5;

const UNREADABLE_CUSTOMERS = `select count(*) as count from customers c
  where email_sealed is not null and not exists (select from personal_data_keys k where k.subject_id = c.id)`;

/**
 * Reads a restored database as the product would: the migrations are there, the ledger adds up (as `npm run ledger:verify`), what
 * names persons has its keys, and the audit chain is unbroken (as `npm run audit:verify`).
 *
 * @returns How many payments it holds.
 * @throws DrillFailedError that names what is wrong.
 */
export async function verifyRestored(url: string, config: AppConfig, audit: AuditVerifier): Promise<number> {
  const { database, close } = await openDatabase(url, config);
  try {
    const pending = await pendingMigrations((sql) => database.query(sql));
    if (pending.length > 0) throw new DrillFailedError(`the backup lacks the migrations ${pending.join(', ')}`);
    const ledger = new LedgerRepository(database, new SpendingLimitsRepository(database));
    const differences = await ledger.findDifferences();
    if (differences.length > 0) {
      const named = differences
        .slice(0, MAX_NAMED)
        .map(({ id, field, row, ledger: expected }) => `${id} ${field} ${row ?? '–'}/${expected ?? '–'}`);
      throw new DrillFailedError(`the ledger has ${differences.length} differences: ${named.join(', ')}`);
    }
    const [sealed] = await database.query<{ count: number }>(UNREADABLE_CUSTOMERS);
    if ((sealed?.count ?? 0) > 0) throw new DrillFailedError(`${sealed?.count ?? 0} customers whose address no key opens`);
    const { firstBroken } = await audit.verifyIn(database);
    if (firstBroken !== null) {
      const { fault, position, sequence } = firstBroken;
      throw new DrillFailedError(`the audit chain is broken: ${fault} at position ${position ?? '–'}, line ${sequence ?? '–'}`);
    }
    return await ledger.count();
  } finally {
    await close();
  }
}
