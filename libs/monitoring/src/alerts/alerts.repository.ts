import { Injectable } from '@nestjs/common';
import { firstIdAt, newId } from '#kernel';
import { Database, type Queryable } from '#platform';
import type { AlertFinding } from './alert-rules.js';

/** An alert as its row holds it. */
export interface Alert extends AlertFinding {
  readonly id: string;
  readonly openedAt: Date;
  readonly lastSeenAt: Date;
  readonly acknowledgedAt: Date | null;
  readonly acknowledgedBy: string | null;
  readonly resolvedAt: Date | null;
}

const COLUMNS = `id, rule, subject, severity, summary, opened_at as "openedAt", last_seen_at as "lastSeenAt",
  acknowledged_at as "acknowledgedAt", acknowledged_by as "acknowledgedBy", resolved_at as "resolvedAt"`;

/** SQL of `alerts`, and of what their rules look at. */
@Injectable()
export class AlertsRepository {
  constructor(private readonly database: Database) {}

  /**
   * Notes that something is wrong: a new alert, or the open one seen again.
   *
   * @returns The alert when it must be told: it is new, or was last told `repeatHours` ago and nobody has acknowledged it. Else null.
   */
  async note(transaction: Queryable, finding: AlertFinding, repeatHours: number): Promise<Alert | null> {
    await transaction.query(
      `insert into alerts (id, rule, subject, severity, summary) values ($1, $2, $3, $4, $5)
       on conflict (rule, subject) where resolved_at is null do update set last_seen_at = now(), summary = excluded.summary`,
      [newId('alert'), finding.rule, finding.subject, finding.severity, finding.summary],
    );
    const [told] = await transaction.query<Alert>(
      `update alerts set notified_at = now()
       where rule = $1 and subject = $2 and resolved_at is null
         and (notified_at is null or (acknowledged_at is null and notified_at <= now() - make_interval(hours => $3)))
       returning ${COLUMNS}`,
      [finding.rule, finding.subject, repeatHours],
    );
    return told ?? null;
  }

  /** Ends alerts that were not seen within the time, and returns them. */
  resolveUnseen(transaction: Queryable, afterSeconds: number): Promise<Alert[]> {
    return transaction.query<Alert>(
      `update alerts set resolved_at = now() where resolved_at is null and last_seen_at < now() - make_interval(secs => $1) returning ${COLUMNS}`,
      [afterSeconds],
    );
  }

  /** Open ones first, then the newest. */
  list(limit: number): Promise<Alert[]> {
    return this.database.query<Alert>(`select ${COLUMNS} from alerts order by resolved_at is not null, opened_at desc, id limit $1`, [
      limit,
    ]);
  }

  /** Stops repetitions of an open alert. @returns The alert; null when there is none open. */
  async acknowledge(transaction: Queryable, id: string, by: string): Promise<Alert | null> {
    const [row] = await transaction.query<Alert>(
      `update alerts set acknowledged_at = coalesce(acknowledged_at, now()), acknowledged_by = coalesce(acknowledged_by, $2)
       where id = $1 and resolved_at is null returning ${COLUMNS}`,
      [id, by],
    );
    return row ?? null;
  }

  /** Payments made since then by what became of them. */
  async countPayments(since: Date): Promise<{ readonly made: number; readonly succeeded: number; readonly failed: number }> {
    const [row] = await this.database.query<{ made: number; succeeded: number; failed: number }>(
      `select count(*) as made, count(*) filter (where status = 'succeeded') as succeeded,
         count(*) filter (where status in ('requires_payment_method', 'canceled', 'blocked')) as failed
       from payments where id >= $1`,
      [firstIdAt('payment', since.getTime())],
    );
    return row ?? { made: 0, succeeded: 0, failed: 0 };
  }

  /** What has drifted farthest for the fraud model that acts, by the latest day that was measured. */
  async findModelDrift(): Promise<{ readonly feature: string; readonly stabilityIndex: number } | null> {
    const [row] = await this.database.query<{ feature: string; stabilityIndex: number }>(
      `select feature, stability_index as "stabilityIndex" from fraud_model_drift join fraud_models on version = model_version and mode = 'live'
       where day = (select max(day) from fraud_model_drift where model_version = version) and stability_index > 0.25
       order by stability_index desc limit 1`,
    );
    return row ?? null;
  }

  async countCriticalIncidents(): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(*) as count from security_incidents where resolved_at is null and severity = 'critical'`,
    );
    return row?.count ?? 0;
  }
}
