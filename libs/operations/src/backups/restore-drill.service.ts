/** Restores the newest backup into a database of its own, looks whether everything is there, and drops it again. */
import { randomBytes } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import pg from 'pg';
import { pendingMigrations } from '#migrations';
import { AppConfig } from '#platform';
import { BackupRunsRepository } from './backup-runs.repository.js';
import { BackupsService } from './backups.service.js';

/** What a drill has proved. */
export interface DrillReport {
  readonly backup: string;
  readonly payments: number;
  readonly durationMs: number;
}

/** The restored database is not what it should be. */
export class DrillFailedError extends Error {
  override readonly name = 'DrillFailedError';
}

/** Each counts rows that must not exist in a sound database. */
const INVARIANTS: readonly (readonly [string, string])[] = [
  [
    'payments without history',
    `select count(*) as wrong from payments p where not exists (select from payment_adjustments a where a.payment_id = p.id)`,
  ],
  [
    'payments that differ from their last adjustment',
    `select count(*) as wrong from payments p
     join lateral (select * from payment_adjustments a where a.payment_id = p.id order by sequence desc limit 1) a on true
     where (a.status_after, a.amount_received_minor, a.amount_refunded_minor) is distinct from (p.status, p.amount_received_minor, p.amount_refunded_minor)`,
  ],
  [
    'payments refunded beyond what was received',
    `select count(*) as wrong from payments where amount_refunded_minor > amount_received_minor`,
  ],
  [
    'customers whose address no key opens',
    `select count(*) as wrong from customers c where email_sealed is not null
       and not exists (select from personal_data_keys k where k.subject_id = c.id)`,
  ],
];

/** The daily proof. */
@Injectable()
export class RestoreDrillService {
  private readonly logger = new Logger('RestoreDrill');

  constructor(
    private readonly config: AppConfig,
    private readonly backups: BackupsService,
    private readonly runs: BackupRunsRepository,
  ) {}

  /** Proves today's backup unless that is done. @returns 0: the next look finds nothing to do. */
  async proveDue(): Promise<number> {
    const { isOn, isDrillOn, method, drillHourUtc } = this.config.backups;
    if (!isOn || !isDrillOn || method !== 'logical' || !(await this.runs.claim('drill', drillHourUtc))) return 0;
    await this.prove().catch((error: unknown) => {
      this.logger.error({ event: 'restore_drill_failed', reason: (error as Error).message });
    });
    return 0;
  }

  /**
   * Restores and verifies the newest backup now.
   *
   * @param verify - Further checks of the restored database by its URL, such as the ledger's and the audit log's own.
   * @throws DrillFailedError @throws BackupUnreadableError @throws PostgresToolError
   */
  async prove(verify: (databaseUrl: string) => Promise<void> = () => Promise.resolve()): Promise<DrillReport> {
    const startedMs = performance.now();
    try {
      const backup = (await this.backups.list()).filter((name) => name.includes('-logical')).at(-1);
      if (backup === undefined) throw new DrillFailedError('there is no backup yet');
      const payments = await this.withDatabase(async (url) => {
        await this.backups.restore(backup, url);
        const count = await verifyRestored(url);
        await verify(url);
        return count;
      });
      await this.runs.finish('drill', { name: backup, bytes: null, error: null });
      const report = { backup, payments, durationMs: Math.round(performance.now() - startedMs) };
      this.logger.log({ event: 'restore_drill_passed', ...report });
      return report;
    } catch (error) {
      await this.runs.finish('drill', { name: null, bytes: null, error: (error as Error).message });
      throw error;
    }
  }

  private async withDatabase<T>(work: (url: string) => Promise<T>): Promise<T> {
    const server = this.config.backups.drillDatabaseUrl ?? this.config.database.directUrl;
    const name = `upp_drill_${randomBytes(6).toString('hex')}`;
    const url = new URL(server);
    url.pathname = `/${name}`;
    await onServer(server, `create database ${name}`);
    try {
      return await work(url.href);
    } finally {
      await onServer(server, `drop database if exists ${name} with (force)`);
    }
  }
}

async function verifyRestored(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const query = async <Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> => (await client.query<Row>(sql)).rows;
    const pending = await pendingMigrations(query);
    if (pending.length > 0) throw new DrillFailedError(`the backup lacks the migrations ${pending.join(', ')}`);
    for (const [what, sql] of INVARIANTS) {
      const [row] = await query<{ wrong: string }>(sql);
      if (Number(row?.wrong) > 0) throw new DrillFailedError(`${row?.wrong ?? ''} ${what}`);
    }
    const [row] = await query<{ count: string }>('select count(*) as count from payments');
    return Number(row?.count ?? 0);
  } finally {
    await client.end();
  }
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
