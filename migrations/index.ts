/** The migrations: SQL files applied in the order of this list, each in its own transaction, each once. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';

/** Every migration in order; a file that is not listed here does not exist, and a listed one never changes after a release. */
export const MIGRATION_NAMES = [
  '001_create_merchants_and_access',
  '002_create_devices',
  '003_create_customers',
  '004_create_payments',
  '005_create_refunds_and_disputes',
  '006_create_idempotency_outbox_and_audit',
  '007_create_webhook_events_table',
  '008_create_fraud_tables',
  '010_create_spending_limits',
  '011_follow_disputes',
  '012_tell_merchants_of_refunds',
  '013_create_fraud_warnings',
  '014_save_payment_methods',
  '015_create_subscriptions',
  '020_extend_blacklist',
  '021_create_fraud_labels',
  '022_read_fraud_evidence_at_once',
  '023_version_fraud_assessments',
  '024_create_fraud_reviews',
  '025_create_fraud_rule_sets',
  '026_create_fraud_models',
  '030_create_tls_certificates',
  '031_create_feature_flags',
  '032_create_notifications_and_alerts',
  '033_create_backup_runs',
  '041_create_merchant_webhooks',
  '042_create_reconciliation',
  '043_let_go_of_webhook_payloads',
  '044_create_payouts',
  '050_chain_audit_log',
  '051_erase_customers',
  '052_audit_money',
  '053_shred_personal_data',
  '054_tune_rate_limits_per_merchant',
  '060_isolate_tenants',
] as const;

// From dist/migrations back to the folder that holds the SQL.
const SQL_FOLDER = path.resolve(import.meta.dirname, '../../migrations');

// Any number will do, as long as every release uses the same one.
const MIGRATION_LOCK = 7_284_911_032;

/** TypeORM's classes for {@link MIGRATION_NAMES}. */
export const MIGRATIONS = MIGRATION_NAMES.map(migrationOf);

/**
 * Brings a database to the newest schema. Safe to run from several places at once: the others wait, then find nothing to do.
 *
 * @param url - A PostgreSQL connection URL whose user owns the schema.
 * @returns The names of the migrations that were applied now.
 */
export async function runMigrations(url: string): Promise<string[]> {
  const dataSource = await new DataSource({
    type: 'postgres',
    url,
    migrations: MIGRATIONS,
    migrationsTableName: 'schema_migrations',
    migrationsTransactionMode: 'each',
    // Nobody waits behind a migration that itself waits for a busy table: it gives up and is run again.
    extra: { max: 2, connectionTimeoutMillis: 5_000, options: '-c lock_timeout=5s' },
  }).initialize();
  try {
    return await withMigrationLock(dataSource, async () => {
      const applied = (await dataSource.runMigrations()).map((migration) => migration.name);
      // Also when there was nothing to apply: somebody may have made the role since.
      await dataSource.query('select prepare_application_role()');
      return applied;
    });
  } finally {
    await dataSource.destroy();
  }
}

/** The names of migrations that this build knows and the database lacks. */
export async function pendingMigrations(query: (sql: string) => Promise<unknown>): Promise<string[]> {
  const rows = (await query(`select to_regclass('schema_migrations') is not null as "exists"`)) as { exists: boolean }[];
  if (rows[0]?.exists !== true) return [...MIGRATION_NAMES];
  const applied = new Set(((await query('select name from schema_migrations')) as { name: string }[]).map((row) => row.name));
  return MIGRATIONS.map((migration) => migration.migrationName).filter((name) => !applied.has(name));
}

async function withMigrationLock<T>(dataSource: DataSource, work: () => Promise<T>): Promise<T> {
  // A transaction's advisory lock, not a session's: it also holds through a connection pooler that works by transaction.
  const lock = dataSource.createQueryRunner();
  try {
    await lock.startTransaction();
    await lock.query(`set local lock_timeout = '120s'`);
    await lock.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    return await work();
  } finally {
    if (lock.isTransactionActive) await lock.rollbackTransaction();
    await lock.release();
  }
}

function migrationOf(name: string): (new () => MigrationInterface) & { readonly migrationName: string } {
  // TypeORM orders by the last 13 digits of a name: the number it begins with, so that a later one in between renames no other.
  const migrationName = `${name}_${name.slice(0, 3).padStart(13, '0')}`;
  return class implements MigrationInterface {
    static readonly migrationName = migrationName;
    readonly name = migrationName;

    async up(queryRunner: QueryRunner): Promise<void> {
      await queryRunner.query(await readFile(path.join(SQL_FOLDER, `${name}.up.sql`), 'utf8'));
    }

    async down(queryRunner: QueryRunner): Promise<void> {
      await queryRunner.query(await readFile(path.join(SQL_FOLDER, `${name}.down.sql`), 'utf8'));
    }
  };
}
