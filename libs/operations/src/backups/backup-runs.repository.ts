import { Injectable } from '@nestjs/common';
import { AppConfig, Database } from '#platform';
import { segmentPlace } from './wal-archive.js';

/** What is done once a day. */
export type BackupRunKind = 'backup' | 'drill';

/** How old the newest proofs are; null while they are switched off. */
export interface BackupAges {
  readonly backupAgeSeconds: number | null;
  readonly drillAgeSeconds: number | null;
  /** For how long a full segment of the WAL has waited to be archived, 0 while none does; null for logical backups. */
  readonly walAgeSeconds: number | null;
}

/** A run that ended badly, and none has ended well since. */
export interface FailedRun {
  readonly kind: BackupRunKind;
  readonly error: string;
}

// Renewed while the work goes on; a killed worker's run is taken over after it.
const LEASE_SECONDS = 600;
const RETRY_SECONDS = 3_600;

/** SQL of `backup_runs`: of each kind one run a day, by one process. */
@Injectable()
export class BackupRunsRepository {
  constructor(
    private readonly database: Database,
    private readonly config: AppConfig,
  ) {}

  /** Takes today's run. @returns false when it is done, somebody is at it, its hour has not come, or it failed less than an hour ago. */
  async claim(kind: BackupRunKind, hourUtc: number): Promise<boolean> {
    const rows = await this.database.query(
      `insert into backup_runs (kind, day, leased_until)
       select $1, (now() at time zone 'utc')::date, now() + make_interval(secs => ${LEASE_SECONDS})
       where extract(hour from now() at time zone 'utc') >= $2
       on conflict (kind, day) do update
       set attempts = backup_runs.attempts + 1, started_at = now(), finished_at = null, outcome = null, error = null,
         leased_until = now() + make_interval(secs => ${LEASE_SECONDS})
       where (backup_runs.outcome = 'failed' and backup_runs.finished_at < now() - make_interval(secs => ${RETRY_SECONDS}))
         or (backup_runs.outcome is null and backup_runs.leased_until < now())
       returning day`,
      [kind, hourUtc],
    );
    return rows.length === 1;
  }

  /** Says that the work still goes on. */
  async renew(kind: BackupRunKind): Promise<void> {
    await this.database.query(
      `update backup_runs set leased_until = now() + make_interval(secs => ${LEASE_SECONDS}) where kind = $1 and outcome is null`,
      [kind],
    );
  }

  async finish(
    kind: BackupRunKind,
    result: { readonly name: string | null; readonly bytes: number | null; readonly error: string | null },
  ): Promise<void> {
    await this.database.query(
      `insert into backup_runs (kind, day, finished_at, outcome, name, bytes, error)
       values ($1, (now() at time zone 'utc')::date, now(), $2, $3, $4, $5)
       on conflict (kind, day) do update set finished_at = now(), leased_until = null, outcome = excluded.outcome, name = excluded.name,
         bytes = excluded.bytes, error = excluded.error`,
      [kind, result.error === null ? 'succeeded' : 'failed', result.name, result.bytes, result.error?.slice(0, 2_000) ?? null],
    );
  }

  /** Since the newest success; since the first merchant while there is none, so that a deployment without any backup is not "fresh". */
  async ages(): Promise<BackupAges> {
    const { isOn, isDrillOn, method } = this.config.backups;
    if (!isOn) return { backupAgeSeconds: null, drillAgeSeconds: null, walAgeSeconds: null };
    const [row] = await this.database.query<{ backup: number; drill: number }>(
      `with start as (select coalesce(min(created_at), now()) as at from merchants)
       select extract(epoch from now() - coalesce(max(finished_at) filter (where kind = 'backup'), (select at from start)))::float8 as backup,
         extract(epoch from now() - coalesce(max(finished_at) filter (where kind = 'drill'), min(finished_at), (select at from start)))::float8 as drill
       from backup_runs where outcome = 'succeeded'`,
    );
    return {
      backupAgeSeconds: row?.backup ?? 0,
      drillAgeSeconds: isDrillOn ? (row?.drill ?? 0) : null,
      walAgeSeconds: method === 'base' ? await this.walAgeSeconds() : null,
    };
  }

  /** The kinds whose newest run failed. */
  async failures(): Promise<FailedRun[]> {
    const { isOn, isDrillOn } = this.config.backups;
    if (!isOn) return [];
    const rows = await this.database.query<{ kind: BackupRunKind; error: string; outcome: string }>(
      `select distinct on (kind) kind, outcome, coalesce(error, '') as error from backup_runs where outcome is not null order by kind, day desc`,
    );
    return rows
      .filter(({ kind, outcome }) => outcome === 'failed' && (kind === 'backup' || isDrillOn))
      .map(({ kind, error }) => ({ kind, error }));
  }

  /** The server itself knows; one that archives nothing at all is late since its start. */
  private async walAgeSeconds(): Promise<number> {
    const [row] = await this.database.query<{ present: string; archived: string | null; age: number }>(
      `select pg_walfile_name(pg_current_wal_lsn()) as present, last_archived_wal as archived,
         extract(epoch from now() - coalesce(last_archived_time, pg_postmaster_start_time()))::float8 as age
       from pg_stat_archiver`,
    );
    if (row === undefined) return 0;
    // The present segment is not full yet, and the one before it may be on its way.
    const isUpToDate = row.archived !== null && segmentPlace(row.present) - segmentPlace(row.archived) <= 1;
    return isUpToDate ? 0 : row.age;
  }
}
