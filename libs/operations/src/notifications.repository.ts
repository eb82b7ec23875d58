import { Injectable } from '@nestjs/common';
import { newId } from '#kernel';
import { Database, type Queryable } from '#platform';

/** Something to tell an operator. */
export interface NewNotification {
  readonly channel: 'mail' | 'webhook';
  readonly recipient: string;
  readonly subject: string;
  /** Text of a mail; JSON of a webhook. */
  readonly body: string;
  /** Two notifications with the same key are one. */
  readonly dedupeKey: string;
}

/** A notification that this process holds until its lease ends. */
export interface ClaimedNotification {
  readonly id: string;
  readonly channel: 'mail' | 'webhook';
  readonly recipient: string;
  readonly subject: string;
  readonly body: string;
  readonly attempts: number;
}

// Longer than a batch's attempts take together, so that no other worker sends what is still being sent.
const LEASE_SECONDS = 120;

/** SQL of `notifications`. */
@Injectable()
export class NotificationsRepository {
  constructor(private readonly database: Database) {}

  /** Queues it in the caller's transaction; one that is there already stays as it is. */
  async insert(queryable: Queryable, notification: NewNotification): Promise<void> {
    const { channel, recipient, subject, body, dedupeKey } = notification;
    await queryable.query(
      `insert into notifications (id, channel, recipient, subject, body, dedupe_key) values ($1, $2, $3, $4, $5, $6)
       on conflict (dedupe_key) do nothing`,
      [newId('notification'), channel, recipient, subject, body, dedupeKey],
    );
  }

  /** Takes what is due for one recipient: together it may become one mail. */
  claimDue(limit: number): Promise<ClaimedNotification[]> {
    return this.database.query<ClaimedNotification>(
      `with first as (
         select channel, recipient from notifications
         where next_attempt_at <= now() and (leased_until is null or leased_until <= now()) order by next_attempt_at limit 1
       ), due as (
         select n.id from notifications n join first using (channel, recipient)
         where n.next_attempt_at <= now() and (n.leased_until is null or n.leased_until <= now())
         order by n.created_at, n.id limit $1 for update of n skip locked
       )
       update notifications n set attempts = n.attempts + 1, leased_until = now() + make_interval(secs => ${LEASE_SECONDS})
       from due where n.id = due.id
       returning n.id, n.channel, n.recipient, n.subject, n.body, n.attempts`,
      [limit],
    );
  }

  async markSent(ids: readonly string[]): Promise<void> {
    await this.database.query(
      `update notifications set sent_at = now(), next_attempt_at = null, leased_until = null, last_error = null where id = any ($1)`,
      [ids],
    );
  }

  /** Gives them back for later, or for good with null. */
  async postpone(ids: readonly string[], waitMs: number | null, error: string): Promise<void> {
    await this.database.query(
      `update notifications set leased_until = null, last_error = $3, next_attempt_at = now() + $2::float8 * interval '1 millisecond'
       where id = any ($1)`,
      [ids, waitMs, error.slice(0, 500)],
    );
  }

  /** Mails sent within the last hour, a digest counted once. */
  async countSentLastHour(): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(distinct (recipient, sent_at)) as count from notifications where channel = 'mail' and sent_at > now() - interval '1 hour'`,
    );
    return row?.count ?? 0;
  }
}
