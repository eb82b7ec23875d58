/** Removes what is no longer needed, a few rows at a time. */
import { Injectable } from '@nestjs/common';
import { AppConfig, Database, type RetentionConfig } from '#platform';
import { retentionRowsTotal } from './metrics.js';

/** A table whose rows have a time. `due` uses `$1`, the days; every such condition has an index or a small table behind it. */
interface RetentionRule {
  readonly table: string;
  readonly due: string;
  readonly days: (config: RetentionConfig) => number;
}

const OVER = (column: string): string => `${column} < now() - make_interval(days => $1)`;

// The oldest events, by their number: no index by time slows down those that come in. One that is not done, or dead and waiting for a person, stays
// however old it is; thousands of such would have to lie here before they hid the others.
const OLD_EVENTS = `select head.sequence from (select sequence, received_at from webhook_events order by sequence limit 5000) head
  where ${OVER('head.received_at')} and not exists (select from webhook_jobs j where j.event_sequence = head.sequence)
    and not exists (select from webhook_dead d where d.event_sequence = head.sequence)`;

const RULES: readonly RetentionRule[] = [
  { table: 'idempotency_keys', due: OVER('created_at'), days: (config) => config.idempotencyDays },
  { table: 'rate_limit_tracking', due: OVER('expires_at'), days: () => 0 },
  { table: 'sessions', due: OVER('coalesce(revoked_at, expires_at)'), days: (config) => config.sessionDays },
  {
    table: 'security_incidents',

    due: `resolved_at is not null and ${OVER('last_seen_at')}`,
    days: (config) => config.incidentDays,
  },
  { table: 'acme_challenges', due: OVER('expires_at'), days: () => 0 },
  { table: 'alerts', due: OVER('resolved_at'), days: (config) => config.alertDays },
  { table: 'notifications', due: `next_attempt_at is null and ${OVER('created_at')}`, days: (config) => config.alertDays },
  { table: 'fraud_attempts', due: OVER('attempted_at'), days: (config) => config.fraudAttemptDays },
  // Attempts go first: they name the event.
  { table: 'webhook_attempts', due: `event_sequence in (${OLD_EVENTS})`, days: (config) => config.webhookDays },
  {
    table: 'webhook_events',
    due: `sequence in (${OLD_EVENTS}) and not exists (select from webhook_attempts a where a.event_sequence = sequence)`,
    days: (config) => config.webhookDays,
  },
];

/** The clean-up, table by table. */
@Injectable()
export class RetentionService {
  constructor(
    private readonly database: Database,
    private readonly config: AppConfig,
  ) {}

  /**
   * Removes one small batch of each table. Rows that somebody has locked are left for the next round.
   *
   * @returns How many rows went; more than 0 means that there may be more.
   */
  async cleanUp(): Promise<number> {
    let total = 0;
    for (const rule of RULES) total += await this.removeBatch(rule);
    return total;
  }

  private async removeBatch({ table, due, days }: RetentionRule): Promise<number> {
    const { retention } = this.config;
    const rows = await this.database.query(
      `delete from ${table} where ctid = any (array(
         select ctid from ${table} where ${due} limit $2 for update skip locked)) returning 1`,
      [days(retention), retention.batchRows],
    );
    if (rows.length > 0) retentionRowsTotal.inc({ table }, rows.length);
    return rows.length;
  }
}
