import { Injectable } from '@nestjs/common';
import { Database } from '#platform';

/** One leased table: what is due, and for how long the oldest has been. */
export interface QueueState {
  readonly queue: string;
  readonly due: number;
  readonly oldestSeconds: number;
}

// A queue that has run away must not make its own measurement slow: beyond this it is "many".
const COUNT_CAP = 100_000;

/** The leased tables with the column that says when a row is due. */
const QUEUES = [
  ['webhook_inbox', 'webhook_jobs', 'next_attempt_at'],
  ['payments', 'payments', 'next_check_at'],
  ['refunds', 'refunds', 'next_check_at'],
  ['notifications', 'notifications', 'next_attempt_at'],
] as const;

const DUE = QUEUES.map(
  ([queue, table, column]) => `
  select '${queue}' as queue, count(*) as due, coalesce(extract(epoch from now() - min(due_at)), 0)::float8 as "oldestSeconds"
  from (select ${column} as due_at from ${table} where ${column} <= now() order by ${column} limit ${COUNT_CAP}) as due`,
).join(' union all ');

/** What the product's queues hold. Read by every replica, the same for all of them. */
@Injectable()
export class QueuesRepository {
  constructor(private readonly database: Database) {}

  /** Every queue; each is read through its index of due times. */
  listQueues(): Promise<QueueState[]> {
    return this.database.query<QueueState>(DUE);
  }

  /**
   * Seconds of Stripe's events that the back-fill has not read yet, of the list that is further behind. One that was never read is behind since
   * there was a merchant.
   */
  async backFillBehindSeconds(): Promise<number> {
    const [row] = await this.database.query<{ seconds: number }>(
      `select coalesce(max(extract(epoch from now() - coalesce(read_until, (select min(created_at) from merchants)))), 0)::float8 as seconds
       from unnest(array['undelivered', 'all']) as list (name) left join webhook_cursors using (name)`,
    );
    return row?.seconds ?? 0;
  }

  /** Open differences between Stripe's books and ours, by kind; a kind without any is absent. */
  countBreaks(): Promise<{ readonly kind: string; readonly count: number }[]> {
    return this.database.query('select kind, count(*) as count from reconciliation_breaks where resolved_at is null group by kind');
  }

  /** Webhook events whose last attempt failed and that wait for a person. */
  async countDeadWebhooks(): Promise<number> {
    const [row] = await this.database.query<{ count: number }>('select count(*) as count from webhook_dead');
    return row?.count ?? 0;
  }
}
