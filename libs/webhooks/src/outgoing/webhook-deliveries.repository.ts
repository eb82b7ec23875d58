import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '#platform';
import type { EndpointOwner } from './webhook-endpoints.repository.js';

/** A delivery that this process may send until its lease ends. */
export interface ClaimedDelivery {
  readonly id: number;
  readonly attempt: number;
  /** The number of this attempt in its schedule, which a redelivery begins anew. */
  readonly turn: number;
  readonly endpointId: string;
  readonly url: string;
  readonly secretSealed: string;
  /** null when there is none or its time is over. */
  readonly formerSecretSealed: string | null;
  readonly eventId: string;
  readonly type: string;
  readonly sequence: number;
  readonly livemode: boolean;
  readonly data: unknown;
  readonly previous: unknown;
  readonly createdAt: Date;
}

/** What came of one attempt. */
export interface DeliveryAttempt {
  readonly httpStatus: number | null;
  readonly error: string | null;
  readonly durationMs: number;
  readonly response: string | null;
}

/** A delivery as merchants see it. */
export interface WebhookDelivery {
  readonly id: number;
  readonly endpointId: string;
  readonly eventId: string;
  readonly type: string;
  readonly status: 'pending' | 'succeeded' | 'failed' | 'canceled';
  readonly attempts: number;
  readonly nextAttemptAt: Date;
  readonly createdAt: Date;
}

/** An event for a merchant. */
export interface MerchantEvent {
  readonly id: string;
  readonly type: string;
  readonly objectId: string;
  readonly sequence: number;
  readonly livemode: boolean;
  readonly data: unknown;
  readonly previous: unknown;
  readonly createdAt: Date;
}

// A timeout of 15 s and a write fit in well; a killed worker's deliveries are sent again after it.
const LEASE_SECONDS = 60;
const FANOUT_BATCH = 500;

// Only events of transactions that have ended, so that none appears behind the cursor later. The cursor is asked for as two values: joined, its row
// makes the planner read every event there ever was.
const FAN_OUT = `
with cursor as (
  select xid, position from outbox_fanout for update
), fresh as (
  select e.* from outbox_events e
  where (e.xid, e.position) > ((select xid from cursor), (select position from cursor)) and e.xid < pg_snapshot_xmin(pg_current_snapshot())
  order by e.xid, e.position limit ${String(FANOUT_BATCH)}
), handed as (
  insert into webhook_deliveries (endpoint_id, event_id)
  select w.id, f.id from fresh f
  join webhook_endpoints w on w.merchant_id = f.merchant_id and w.livemode = f.livemode and w.status = 'enabled'
    and (w.event_types && array['*', f.type])
  on conflict do nothing
), moved as (
  update outbox_fanout o set xid = last.xid, position = last.position
  from (select xid, position from fresh order by xid desc, position desc limit 1) last
)
select count(*)::integer as count from fresh`;

// At most $2 at once per endpoint, those under way included: a slow receiver must not take the places of the others.
const CLAIM = `
with ranked as (
  select d.id, d.next_attempt_at, row_number() over (partition by d.endpoint_id order by d.next_attempt_at, d.id)
    + (select count(*) from webhook_deliveries b where b.endpoint_id = d.endpoint_id and b.status = 'pending' and b.leased_until > now()) as place
  from webhook_deliveries d
  where d.status = 'pending' and d.next_attempt_at <= now() and (d.leased_until is null or d.leased_until <= now())
), due as materialized (
  select d.id from webhook_deliveries d join ranked r on r.id = d.id where r.place <= $2
  order by r.next_attempt_at limit $1 for update of d skip locked
), claimed as (
  update webhook_deliveries d set attempts = d.attempts + 1, leased_until = now() + make_interval(secs => ${String(LEASE_SECONDS)})
  from due where d.id = due.id and d.status = 'pending' and (d.leased_until is null or d.leased_until <= now())
  returning d.id, d.attempts, d.attempts_before, d.endpoint_id, d.event_id
)
select c.id, c.attempts as attempt, c.attempts - c.attempts_before as turn, c.endpoint_id as "endpointId", w.url, w.secret_sealed as "secretSealed",
  case when w.former_secret_expires_at > now() then w.former_secret_sealed end as "formerSecretSealed",
  e.id as "eventId", e.type, e.sequence, e.livemode, e.data, e.previous, e.created_at as "createdAt"
from claimed c join webhook_endpoints w on w.id = c.endpoint_id join outbox_events e on e.id = c.event_id`;

const DELIVERY_COLUMNS = `d.id, d.endpoint_id as "endpointId", d.event_id as "eventId", e.type, d.status, d.attempts,
  d.next_attempt_at as "nextAttemptAt", d.created_at as "createdAt"`;
const EVENT_COLUMNS = `id, type, object_id as "objectId", sequence, livemode, data, previous, created_at as "createdAt"`;

/** The SQL of `webhook_deliveries`, `webhook_delivery_attempts` and what is read of `outbox_events`. */
@Injectable()
export class WebhookDeliveriesRepository {
  constructor(private readonly database: Database) {}

  /** Makes a delivery per new event and endpoint. @returns How many events were handed out. */
  async fanOut(): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(FAN_OUT);
    return row?.count ?? 0;
  }

  claimDue(limit: number, perEndpoint: number): Promise<ClaimedDelivery[]> {
    return this.database.query<ClaimedDelivery>(CLAIM, [limit, perEndpoint]);
  }

  /** Writes an attempt down and what follows from it; does nothing when the lease was lost to a later attempt. */
  async settle(
    delivery: ClaimedDelivery,
    attempt: DeliveryAttempt,
    next: { readonly status: 'succeeded' | 'failed' } | { readonly status: 'pending'; readonly waitMs: number },
  ): Promise<void> {
    await this.database.query(
      `with changed as (
         update webhook_deliveries set status = case when status = 'canceled' then status else $3 end, leased_until = null,
           next_attempt_at = now() + $4 * interval '1 millisecond'
         where id = $1 and attempts = $2 returning id)
       insert into webhook_delivery_attempts (delivery_id, attempt, http_status, error, duration_ms, response)
       select id, $2, $5, $6, $7, $8 from changed on conflict do nothing`,
      [
        delivery.id,
        delivery.attempt,
        next.status,
        next.status === 'pending' ? next.waitMs : 0,
        attempt.httpStatus,
        attempt.error,
        Math.round(attempt.durationMs),
        attempt.response,
      ],
    );
  }

  list(
    owner: EndpointOwner,
    filter: { readonly endpointId: string | null; readonly status: string | null },
    page: { readonly limit: number; readonly before: number | null },
  ): Promise<WebhookDelivery[]> {
    return this.database.query<WebhookDelivery>(
      `select ${DELIVERY_COLUMNS} from webhook_deliveries d join webhook_endpoints w on w.id = d.endpoint_id join outbox_events e on e.id = d.event_id
       where w.merchant_id = $1 and w.livemode = $2 and ($3::text is null or d.endpoint_id = $3) and ($4::text is null or d.status = $4)
         and ($5::bigint is null or d.id < $5)
       order by d.id desc limit $6`,
      [owner.merchantId, owner.livemode, filter.endpointId, filter.status, page.before, page.limit],
    );
  }

  async find(owner: EndpointOwner, id: number): Promise<WebhookDelivery | null> {
    const [row] = await this.database.query<WebhookDelivery>(
      `select ${DELIVERY_COLUMNS} from webhook_deliveries d join webhook_endpoints w on w.id = d.endpoint_id join outbox_events e on e.id = d.event_id
       where d.id = $1 and w.merchant_id = $2 and w.livemode = $3`,
      [id, owner.merchantId, owner.livemode],
    );
    return row ?? null;
  }

  listAttempts(id: number): Promise<(DeliveryAttempt & { readonly attempt: number; readonly at: Date })[]> {
    return this.database.query(
      `select attempt, at, http_status as "httpStatus", error, duration_ms as "durationMs", response from webhook_delivery_attempts
       where delivery_id = $1 order by attempt`,
      [id],
    );
  }

  /** Sends again, from the start of the schedule: one delivery, or all of an endpoint's events since an instant. */
  async redeliver(
    transaction: Queryable,
    endpointId: string,
    what: { readonly deliveryId: number } | { readonly since: Date },
  ): Promise<number> {
    if ('deliveryId' in what) {
      const rows = await transaction.query(
        `update webhook_deliveries set status = 'pending', next_attempt_at = now(), attempts_before = attempts where id = $1 and endpoint_id = $2 returning id`,
        [what.deliveryId, endpointId],
      );
      return rows.length;
    }
    const rows = await transaction.query(
      `insert into webhook_deliveries (endpoint_id, event_id)
       select w.id, e.id from webhook_endpoints w join outbox_events e on e.merchant_id = w.merchant_id and e.livemode = w.livemode
       where w.id = $1 and e.created_at >= $2 and (w.event_types && array['*', e.type])
       on conflict (endpoint_id, event_id) do update set status = 'pending', next_attempt_at = now(), attempts_before = webhook_deliveries.attempts
       returning id`,
      [endpointId, what.since],
    );
    return rows.length;
  }

  /** Events in the order in which they became visible, after the one named. */
  listEvents(owner: EndpointOwner, after: string | null, limit: number): Promise<MerchantEvent[]> {
    return this.database.query<MerchantEvent>(
      `select ${EVENT_COLUMNS} from outbox_events
       where merchant_id = $1 and livemode = $2 and xid < pg_snapshot_xmin(pg_current_snapshot())
         and ($3::text is null or (xid, position) > (select xid, position from outbox_events where id = $3 and merchant_id = $1))
       order by xid, position limit $4`,
      [owner.merchantId, owner.livemode, after, limit],
    );
  }

  async findEvent(owner: EndpointOwner, id: string): Promise<MerchantEvent | null> {
    const [row] = await this.database.query<MerchantEvent>(
      `select ${EVENT_COLUMNS} from outbox_events where id = $1 and merchant_id = $2 and livemode = $3`,
      [id, owner.merchantId, owner.livemode],
    );
    return row ?? null;
  }

  /**
   * Tells the merchant that one of its endpoints will get nothing more: through its other endpoints and the list of events.
   *
   * @returns The merchant; null when the endpoint is disabled already. It is locked until the transaction ends.
   */
  async insertDisabledEvent(transaction: Queryable, endpointId: string, eventId: string, reason: string): Promise<string | null> {
    const [row] = await transaction.query<{ merchantId: string }>(
      `insert into outbox_events (id, merchant_id, livemode, type, object_id, sequence, data, previous)
       select $2, merchant_id, livemode, 'webhook_endpoint.disabled', id, 0,
         jsonb_build_object('id', id, 'object', 'webhook_endpoint', 'url', url, 'status', 'disabled', 'disabledReason', $3::text),
         jsonb_build_object('status', 'enabled')
       from webhook_endpoints where id = $1 and status = 'enabled' for update
       returning merchant_id as "merchantId"`,
      [endpointId, eventId, reason],
    );
    return row?.merchantId ?? null;
  }

  /** An event that tells of nothing, for trying an endpoint out, and its delivery to that endpoint alone. */
  async insertTestEvent(transaction: Queryable, owner: EndpointOwner, endpointId: string, eventId: string): Promise<void> {
    await transaction.query(
      `with event as (
         insert into outbox_events (id, merchant_id, livemode, type, object_id, sequence, data)
         values ($1, $2, $3, 'endpoint.test', $4, 0, jsonb_build_object('id', $4::text, 'object', 'webhook_endpoint')) returning id)
       insert into webhook_deliveries (endpoint_id, event_id) select $4, id from event`,
      [eventId, owner.merchantId, owner.livemode, endpointId],
    );
  }
}
