import { Injectable } from '@nestjs/common';
import { assert } from '#kernel';
import { Database, type Queryable } from '#platform';
import { CONFIRM_ON_SESSION } from '../domain/payment-status.js';
import { type ChangeSource } from '../payment.js';
import { type SubscriptionPeriod } from './subscription.js';

// Aliased to the names of SubscriptionPeriod, so that a row is one.
const PERIOD_COLUMNS = `subscription_id as "subscriptionId", merchant_id as "merchantId", index, starts_at as "startsAt", ends_at as "endsAt",
  status, payment_id as "paymentId", payment_count as "paymentCount", retry_count as "retryCount", next_try_at as "nextTryAt",
  gives_up_at as "givesUpAt", seen_version as "seenVersion"`;

/** SQL of `subscription_periods`. */
@Injectable()
export class SubscriptionPeriodsRepository {
  constructor(private readonly database: Database) {}

  /** Opens a period, due at once. @returns null when it was opened before: it is charged once, whoever asks. */
  async open(
    transaction: Queryable,
    period: Pick<SubscriptionPeriod, 'subscriptionId' | 'merchantId' | 'index' | 'startsAt' | 'endsAt' | 'paymentId'>,
  ): Promise<SubscriptionPeriod | null> {
    const [row] = await transaction.query<SubscriptionPeriod>(
      `insert into subscription_periods (subscription_id, merchant_id, index, starts_at, ends_at, payment_id, next_try_at)
       values ($1, $2, $3, $4, $5, $6, now()) on conflict (subscription_id, index) do nothing returning ${PERIOD_COLUMNS}`,
      [period.subscriptionId, period.merchantId, period.index, period.startsAt, period.endsAt, period.paymentId],
    );
    return row ?? null;
  }

  /** The newest period of a subscription. */
  async newest(queryable: Queryable, subscriptionId: string): Promise<SubscriptionPeriod> {
    const [row] = await queryable.query<SubscriptionPeriod>(
      `select ${PERIOD_COLUMNS} from subscription_periods where subscription_id = $1 order by index desc limit 1`,
      [subscriptionId],
    );
    assert(row, 'a subscription begins with a period');
    return row;
  }

  /** The open period of a subscription whose row is locked, if there is one. */
  async findOpen(queryable: Queryable, subscriptionId: string): Promise<SubscriptionPeriod | null> {
    const [row] = await queryable.query<SubscriptionPeriod>(
      `select ${PERIOD_COLUMNS} from subscription_periods where subscription_id = $1 and status = 'open' order by index limit 1`,
      [subscriptionId],
    );
    return row ?? null;
  }

  /** Takes periods that are due to be charged, and keeps other workers away from them for the lease. */
  claimDue(limit: number, leaseSeconds: number): Promise<SubscriptionPeriod[]> {
    return this.database.query<SubscriptionPeriod>(
      `update subscription_periods set next_try_at = now() + make_interval(secs => $2)
       where (subscription_id, index) in (
         select subscription_id, index from subscription_periods where status = 'open' and next_try_at <= now()
         order by next_try_at limit $1 for update skip locked)
       returning ${PERIOD_COLUMNS}`,
      [limit, leaseSeconds],
    );
  }

  /** Takes one period before the jobs do. @returns false when another worker has it. */
  async claim(period: SubscriptionPeriod, leaseSeconds: number): Promise<boolean> {
    const rows = await this.database.query(
      `update subscription_periods set next_try_at = now() + make_interval(secs => $3)
       where subscription_id = $1 and index = $2 and status = 'open' and next_try_at <= now() returning index`,
      [period.subscriptionId, period.index, leaseSeconds],
    );
    return rows.length === 1;
  }

  /** Open periods with news: their payment has come to rest since the last look, or nobody waits for the payer any more. */
  listWithNews(limit: number): Promise<SubscriptionPeriod[]> {
    return this.database.query<SubscriptionPeriod>(
      `select ${PERIOD_COLUMNS} from subscription_periods
       where status = 'open' and exists (
         select 1 from payments where id = payment_id
           and (payments.status in ('succeeded', 'requires_payment_method', 'canceled', 'blocked')
             or payments.status = 'requires_action' and next_action ->> 'type' = '${CONFIRM_ON_SESSION}')
           and (seen_version is distinct from version or gives_up_at <= now()))
       limit $1`,
      [limit],
    );
  }

  /** Changes a period whose subscription is locked. */
  async change(
    transaction: Queryable,
    before: SubscriptionPeriod,
    change: Partial<Omit<SubscriptionPeriod, 'subscriptionId' | 'merchantId' | 'index' | 'startsAt' | 'endsAt'>>,
  ): Promise<void> {
    const after = { ...before, ...change };
    await transaction.query(
      `update subscription_periods set status = $3, payment_id = $4, payment_count = $5, retry_count = $6, next_try_at = $7, gives_up_at = $8,
         seen_version = $9 where subscription_id = $1 and index = $2`,
      [
        before.subscriptionId,
        before.index,
        after.status,
        after.paymentId,
        after.paymentCount,
        after.retryCount,
        after.nextTryAt,
        after.givesUpAt,
        after.seenVersion,
      ],
    );
  }

  /** Counts a try after a decline. @returns false when the period is not open any more, and must not be charged. */
  async countRetry(transaction: Queryable, { subscriptionId, index }: SubscriptionPeriod): Promise<boolean> {
    const rows = await transaction.query(
      `update subscription_periods set retry_count = retry_count + 1 where subscription_id = $1 and index = $2 and status = 'open' returning index`,
      [subscriptionId, index],
    );
    return rows.length === 1;
  }

  /** Periods of subscriptions that are over whose payment is not, and nobody is at it. */
  listClosing(limit: number): Promise<SubscriptionPeriod[]> {
    return this.database.query<SubscriptionPeriod>(
      `select ${PERIOD_COLUMNS} from subscription_periods
       where status = 'closing' and (next_try_at is null or next_try_at <= now()) limit $1`,
      [limit],
    );
  }

  /** Ends a period of a subscription that is over. */
  async close({ subscriptionId, index }: SubscriptionPeriod, status: 'paid' | 'unpaid'): Promise<void> {
    await this.database.query(
      `update subscription_periods set status = $3, next_try_at = null where subscription_id = $1 and index = $2 and status = 'closing'`,
      [subscriptionId, index, status],
    );
  }

  /** Looks again later at a period that is closing. */
  async postpone({ subscriptionId, index }: SubscriptionPeriod, seconds: number): Promise<void> {
    await this.database.query(
      `update subscription_periods set next_try_at = now() + make_interval(secs => $3) where subscription_id = $1 and index = $2`,
      [subscriptionId, index, seconds],
    );
  }

  /** Who made the last change of a payment. */
  async lastSourceOf(queryable: Queryable, paymentId: string): Promise<ChangeSource['source'] | null> {
    const [row] = await queryable.query<{ source: ChangeSource['source'] }>(
      'select source from payment_adjustments where payment_id = $1 order by sequence desc limit 1',
      [paymentId],
    );
    return row?.source ?? null;
  }

  /** When the database says that it is. */
  async now(queryable: Queryable): Promise<Date> {
    const [row] = await queryable.query<{ now: Date }>('select now() as now');
    assert(row, 'a select of now() returns a row');
    return row.now;
  }
}
