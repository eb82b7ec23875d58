import { Injectable } from '@nestjs/common';
import { assert } from '#kernel';
import { Database, type Queryable } from '#platform';
import { subscriptionEventsTotal } from '../metrics.js';
import { subscriptionResponseOf } from '../dto/subscription.response.js';
import { type PaymentCaller } from '../payment.js';
import { type PageRequest } from '../payment-lists.repository.js';
import { type Subscription, type SubscriptionEvent, type SubscriptionEventType, type SubscriptionStatus } from './subscription.js';

/** A subscription's first row. */
export type NewSubscription = Pick<
  Subscription,
  | 'id'
  | 'merchantId'
  | 'livemode'
  | 'customerId'
  | 'deviceId'
  | 'paymentMethodId'
  | 'plan'
  | 'amountMinor'
  | 'currency'
  | 'intervalUnit'
  | 'intervalCount'
  | 'anchorAt'
  | 'timeZone'
  | 'description'
  | 'metadata'
  | 'renewsAt'
> & { readonly createdBy: string };

/** What a change of a subscription may set. */
export type SubscriptionChange = Partial<
  Pick<Subscription, 'status' | 'paymentMethodId' | 'periodIndex' | 'renewsAt' | 'isEnding' | 'canceledAt' | 'cancelReason' | 'lastError'>
>;

/** What happened, for the history and the merchant. */
export interface SubscriptionNews {
  readonly type: SubscriptionEventType;
  readonly details?: Readonly<Record<string, unknown>>;
  /** The request or job that caused it. */
  readonly source: string;
}

// Aliased to the names of Subscription, so that a row is one.
const COLUMNS = `id, merchant_id as "merchantId", livemode, customer_id as "customerId", device_id as "deviceId",
  payment_method_id as "paymentMethodId", plan, status, amount_minor as "amountMinor", currency, interval_unit as "intervalUnit",
  interval_count as "intervalCount", anchor_at as "anchorAt", time_zone as "timeZone", description, metadata, period_index as "periodIndex",
  renews_at as "renewsAt", is_ending as "isEnding", canceled_at as "canceledAt", cancel_reason as "cancelReason", last_error as "lastError",
  version, created_at as "createdAt", updated_at as "updatedAt"`;

/** SQL of `subscriptions` and `subscription_events`: one never changes without the line that says so. */
@Injectable()
export class SubscriptionsRepository {
  constructor(private readonly database: Database) {}

  /** A subscription of the caller's merchant and mode. */
  async find(caller: Pick<PaymentCaller, 'merchantId' | 'livemode'>, id: string): Promise<Subscription | null> {
    const [row] = await this.database.query<Subscription>(
      `select ${COLUMNS} from subscriptions where id = $1 and merchant_id = $2 and livemode = $3`,
      [id, caller.merchantId, caller.livemode],
    );
    return row ?? null;
  }

  /** Any subscription by its id, for jobs that act for no caller. */
  async get(queryable: Queryable, id: string): Promise<Subscription> {
    const [row] = await queryable.query<Subscription>(`select ${COLUMNS} from subscriptions where id = $1`, [id]);
    assert(row, 'the caller holds the id of a subscription that exists');
    return row;
  }

  /** Locks a subscription's row for the rest of the transaction; before its periods and their payments. */
  async lock(transaction: Queryable, id: string): Promise<Subscription> {
    const [row] = await transaction.query<Subscription>(`select ${COLUMNS} from subscriptions where id = $1 for update`, [id]);
    assert(row, 'subscriptions are never deleted');
    return row;
  }

  /** One page, newest first. */
  list(
    caller: Pick<PaymentCaller, 'merchantId' | 'livemode'>,
    filter: { readonly customerId: string | null; readonly status: SubscriptionStatus | null },
    page: PageRequest,
  ): Promise<Subscription[]> {
    return this.database.query<Subscription>(
      `select ${COLUMNS} from subscriptions
       where merchant_id = $1 and livemode = $2 and ($3::text is null or customer_id = $3) and ($4::text is null or status = $4)
         and ($5::text is null or id < $5)
       order by id desc limit $6`,
      [caller.merchantId, caller.livemode, filter.customerId, filter.status, page.startingAfter, page.limit],
    );
  }

  /** The history of a subscription, in order. */
  listEvents(id: string): Promise<SubscriptionEvent[]> {
    return this.database.query<SubscriptionEvent>(
      `select sequence, type, status, details, source, created_at as "createdAt" from subscription_events where subscription_id = $1 order by sequence`,
      [id],
    );
  }

  /** Inserts a subscription. @returns null when the customer has one to that plan, which has not ended. */
  async insert(transaction: Queryable, subscription: NewSubscription, source: string): Promise<Subscription | null> {
    const [row] = await transaction.query<Subscription>(
      `insert into subscriptions (id, merchant_id, livemode, customer_id, device_id, payment_method_id, plan, status, amount_minor, currency,
         interval_unit, interval_count, anchor_at, time_zone, description, metadata, renews_at, created_by)
       values ($1, $2, $3, $4, $5, $6, $7, 'incomplete', $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
       on conflict (merchant_id, livemode, customer_id, plan) where status <> 'canceled' do nothing
       returning ${COLUMNS}`,
      [
        subscription.id,
        subscription.merchantId,
        subscription.livemode,
        subscription.customerId,
        subscription.deviceId,
        subscription.paymentMethodId,
        subscription.plan,
        subscription.amountMinor,
        subscription.currency,
        subscription.intervalUnit,
        subscription.intervalCount,
        subscription.anchorAt,
        subscription.timeZone,
        subscription.description,
        JSON.stringify(subscription.metadata),
        subscription.renewsAt,
        subscription.createdBy,
      ],
    );
    return row ? this.change(transaction, row, {}, { type: 'created', source }) : null;
  }

  /** The subscription of a customer to a plan that has not ended. */
  async findLive(
    queryable: Queryable,
    { merchantId, livemode, customerId, plan }: Pick<Subscription, 'merchantId' | 'livemode' | 'customerId' | 'plan'>,
  ): Promise<Subscription | null> {
    const [row] = await queryable.query<Subscription>(
      `select ${COLUMNS} from subscriptions
       where merchant_id = $1 and livemode = $2 and customer_id = $3 and plan = $4 and status <> 'canceled'`,
      [merchantId, livemode, customerId, plan],
    );
    return row ?? null;
  }

  /** Changes a subscription that the transaction has locked, writes its history and tells its merchant. */
  async change(transaction: Queryable, before: Subscription, change: SubscriptionChange, news: SubscriptionNews): Promise<Subscription> {
    const wanted = { ...before, ...change };
    const [after] = await transaction.query<Subscription>(
      `update subscriptions set version = version + 1, updated_at = now(), status = $2, payment_method_id = $3, period_index = $4, renews_at = $5,
         is_ending = $6, canceled_at = $7, cancel_reason = $8, last_error = $9 where id = $1 returning ${COLUMNS}`,
      [
        before.id,
        wanted.status,
        wanted.paymentMethodId,
        wanted.periodIndex,
        wanted.renewsAt,
        wanted.isEnding,
        wanted.canceledAt,
        wanted.cancelReason,
        wanted.lastError === null ? null : JSON.stringify(wanted.lastError),
      ],
    );
    assert(after, 'a locked subscription is there');
    await this.record(transaction, before, after, news);
    return after;
  }

  /** Sets where the schedule stands, which its history tells with the period itself. */
  async advance(transaction: Queryable, id: string, next: Pick<Subscription, 'periodIndex' | 'renewsAt'>): Promise<void> {
    await transaction.query('update subscriptions set period_index = $2, renews_at = $3, updated_at = now() where id = $1', [
      id,
      next.periodIndex,
      next.renewsAt,
    ]);
  }

  /** Subscriptions whose next period has begun, on the database's clock, which is the same for every worker. */
  async listDue(limit: number): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      `select id from subscriptions where status = 'active' and renews_at <= now() order by renews_at limit $1`,
      [limit],
    );
    return rows.map(({ id }) => id);
  }

  private async record(transaction: Queryable, before: Subscription, after: Subscription, news: SubscriptionNews): Promise<void> {
    const details = JSON.stringify(news.details ?? {});
    transaction.afterCommit(() => {
      subscriptionEventsTotal.inc({ type: news.type });
    });
    await transaction.query(
      `insert into subscription_events (subscription_id, merchant_id, sequence, type, status, details, source) values ($1, $2, $3, $4, $5, $6, $7)`,
      [after.id, after.merchantId, after.version, news.type, after.status, details, news.source],
    );
    await transaction.query(
      `insert into outbox_events (id, merchant_id, livemode, type, object_id, sequence, data, previous) values ($1, $2, $3, $4, $5, $6, $7::jsonb || $8::jsonb, $9)`,
      [
        `evt_${after.id.slice('sub_'.length)}_${after.version}`,
        after.merchantId,
        after.livemode,
        `subscription.${news.type}`,
        after.id,
        after.version,
        JSON.stringify(subscriptionResponseOf(after)),
        JSON.stringify({ details: news.details ?? {} }),
        JSON.stringify(before.status === after.status ? {} : { status: before.status }),
      ],
    );
  }
}
