import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '#platform';

/** The states of an event in its life, as `webhook_event_statuses` says them. */
export const WEBHOOK_EVENT_STATUSES = ['received', 'processing', 'processed', 'ignored', 'waiting', 'failed', 'dead'] as const;
/** One of {@link WEBHOOK_EVENT_STATUSES}. */
export type WebhookEventStatus = (typeof WEBHOOK_EVENT_STATUSES)[number];

/** An event with what has become of it. */
export interface WebhookEventRow {
  readonly sequence: number;
  readonly account: string;
  readonly livemode: boolean;
  readonly stripeEventId: string;
  readonly type: string;
  readonly apiVersion: string | null;
  readonly objectId: string | null;
  readonly paymentIntentId: string | null;
  readonly paymentId: string | null;
  readonly stripeCreatedAt: Date;
  readonly receivedAt: Date;
  readonly source: 'delivery' | 'backfill';
  readonly status: WebhookEventStatus;
  readonly attempts: number;
  readonly nextAttemptAt: Date | null;
  readonly detail: string | null;
}

/** Which events; every condition that is not null must hold. */
export interface WebhookEventFilter {
  /** The merchant whose payments' events are visible; null for all. */
  readonly merchantId: string | null;
  readonly status: WebhookEventStatus | null;
  readonly type: string | null;
  /** The object's or the payment intent's id. */
  readonly objectId: string | null;
  readonly receivedAfter: Date | null;
  readonly receivedBefore: Date | null;
}

/** One attempt to process an event. */
export interface WebhookAttemptRow {
  readonly attempt: number;
  readonly outcome: string;
  readonly detail: string | null;
  readonly at: Date;
}

/** What an event changed of its payment. Amounts in minor units, after the change. */
export interface WebhookEffectRow {
  readonly paymentId: string;
  readonly sequence: number;
  readonly statusBefore: string | null;
  readonly statusAfter: string;
  readonly amountReceived: number;
  readonly amountRefunded: number;
  readonly amountDisputed: number;
}

/** How far processing is behind. */
export interface WebhookLag {
  /** Age of the oldest event that has never been tried. */
  readonly oldestUnprocessedSeconds: number;
  readonly received: number;
  readonly waiting: number;
  readonly failed: number;
  readonly dead: number;
}

const SELECT = `
select e.sequence, e.account, e.livemode, e.stripe_event_id as "stripeEventId", e.type, e.api_version as "apiVersion", e.object_id as "objectId",
  e.payment_intent_id as "paymentIntentId", p.id as "paymentId", e.stripe_created_at as "stripeCreatedAt", e.received_at as "receivedAt", e.source, s.status, s.attempts,
  s.next_attempt_at as "nextAttemptAt", s.last_detail as detail
from webhook_events e
join webhook_event_statuses s on s.sequence = e.sequence
left join payments p on p.stripe_payment_intent_id = e.payment_intent_id`;

const MATCHES = `
($1::text is null or p.merchant_id = $1)
and ($2::text is null or s.status = $2)
and ($3::text is null or e.type = $3)
and ($4::text is null or e.object_id = $4 or e.payment_intent_id = $4)
and ($5::timestamptz is null or e.received_at >= $5)
and ($6::timestamptz is null or e.received_at < $6)`;

// The number of attempts goes on: it fences off a worker that still holds an older one. The schedule begins anew.
const REQUEUE = `
with chosen as (
  select e.sequence, e.object_id, coalesce(j.attempts, d.attempts, (select max(attempt) from webhook_attempts a where a.event_sequence = e.sequence), 0) as attempts
  from webhook_events e
  left join webhook_jobs j on j.event_sequence = e.sequence
  left join webhook_dead d on d.event_sequence = e.sequence
  where e.sequence = any ($1::bigint[])
), raised as (
  delete from webhook_dead where event_sequence = any ($1::bigint[])
), queued as (
  insert into webhook_jobs (event_sequence, object_id, attempts, attempts_before) select sequence, object_id, attempts, attempts from chosen
  on conflict (event_sequence) do update set next_attempt_at = now(), attempts_before = webhook_jobs.attempts
)
insert into webhook_attempts (event_sequence, attempt, outcome, detail) select sequence, attempts, 'replayed', $2 from chosen
returning event_sequence`;

/** What operators read of the inbox, and the SQL of a replay. */
@Injectable()
export class WebhookAdminRepository {
  constructor(private readonly database: Database) {}

  /** One page, newest first. */
  list(filter: WebhookEventFilter, page: { readonly limit: number; readonly before: number | null }): Promise<WebhookEventRow[]> {
    return this.database.query<WebhookEventRow>(
      `${SELECT} where ${MATCHES} and ($7::bigint is null or e.sequence < $7) order by e.sequence desc limit $8`,
      [...valuesOf(filter), page.before, page.limit],
    );
  }

  async find(sequence: number, merchantId: string | null): Promise<WebhookEventRow | null> {
    const [row] = await this.database.query<WebhookEventRow>(
      `${SELECT} where e.sequence = $1 and ($2::text is null or p.merchant_id = $2)`,
      [sequence, merchantId],
    );
    return row ?? null;
  }

  async payloadOf(sequence: number): Promise<Buffer> {
    const [row] = await this.database.query<{ payload: Buffer }>('select payload from webhook_events where sequence = $1', [sequence]);
    return row?.payload ?? Buffer.alloc(0);
  }

  listAttempts(sequence: number): Promise<WebhookAttemptRow[]> {
    return this.database.query<WebhookAttemptRow>(
      'select attempt, outcome, detail, at from webhook_attempts where event_sequence = $1 order by at, attempt',
      [sequence],
    );
  }

  /** The changes of the payment that name the event as their source. */
  listEffects(stripeEventId: string, paymentId: string | null): Promise<WebhookEffectRow[]> {
    return this.database.query<WebhookEffectRow>(
      `select payment_id as "paymentId", sequence, status_before as "statusBefore", status_after as "statusAfter",
         amount_received_minor as "amountReceived", amount_refunded_minor as "amountRefunded", amount_disputed_minor as "amountDisputed"
       from payment_adjustments where payment_id = $1 and source = 'webhook' and source_id = $2 order by sequence`,
      [paymentId, stripeEventId],
    );
  }

  /** Makes events due again, also those that are done or dead. */
  async requeue(transaction: Queryable, sequences: readonly number[], reason: string): Promise<number> {
    const rows = await transaction.query(REQUEUE, [sequences, reason]);
    return rows.length;
  }

  async lag(): Promise<WebhookLag> {
    const [row] = await this.database.query<WebhookLag>(
      `select coalesce(extract(epoch from now() - min(next_attempt_at) filter (where status = 'received' and attempts = 0)), 0)::float8 as "oldestUnprocessedSeconds",
         count(*) filter (where status = 'received')::integer as received, count(*) filter (where status = 'waiting')::integer as waiting,
         count(*) filter (where status = 'failed')::integer as failed, (select count(*)::integer from webhook_dead) as dead
       from webhook_jobs`,
    );
    return row ?? { oldestUnprocessedSeconds: 0, received: 0, waiting: 0, failed: 0, dead: 0 };
  }
}

function valuesOf(filter: WebhookEventFilter): unknown[] {
  return [filter.merchantId, filter.status, filter.type, filter.objectId, filter.receivedAfter, filter.receivedBefore];
}
