import { Injectable } from '@nestjs/common';
import { SECOND_MS } from '#kernel';
import { Database, type Queryable } from '#platform';
import { type BucketUse, type SpendingBucket } from '../domain/spending-limit.js';
import { type PaymentCaller } from '../payment.js';

/** What became of an attempt to take from a bucket. */
export interface TakenBucket {
  readonly fits: boolean;
  /** What was in use before, this payment not counted. */
  readonly used: number;
  /** When the first of what is used becomes free again. */
  readonly freesAt: Date;
}

/**
 * Appended to a statement whose `changed` is a payment's row after its change: the reservations follow in the same statement, so that none can
 * outlive its payment. It is left out where they stay as they are.
 *
 * Buckets are locked by key, as they are taken, so that two payments never wait for each other.
 */
export const FOLLOW_PAYMENT = `
  , reservation as (
    select bucket_key, held as before,
      ${heldAfter(':state')} as after
    from changed join spending_reservations on payment_id = changed.id)
  , followed as (
    update spending_reservations r set state = :state, held = reservation.after from changed, reservation
    where r.payment_id = changed.id and r.bucket_key = reservation.bucket_key and (r.state <> :state or r.held <> reservation.after))
  , bucket as (
    select key, after - before as difference from spending_buckets join reservation on bucket_key = key
    where after <> before order by key for update of spending_buckets)
  , counted as (update spending_buckets b set used = b.used + bucket.difference from bucket where b.key = bucket.key)`;

/**
 * {@link FOLLOW_PAYMENT} for a `changed` of many payments, each with its own `reservations`, null where they stay as they are. What several
 * payments of one bucket come to is added up first: a row is updated once in a statement.
 */
export const FOLLOW_PAYMENTS = `
  , reservation as (
    select payment_id, bucket_key, reservations as state, held as before, ${heldAfter('reservations')} as after
    from changed join spending_reservations on payment_id = changed.id where reservations is not null)
  , followed as (
    update spending_reservations r set state = reservation.state, held = reservation.after from reservation
    where r.payment_id = reservation.payment_id and r.bucket_key = reservation.bucket_key
      and (r.state <> reservation.state or r.held <> reservation.after))
  , difference as (
    select bucket_key, sum(after - before)::bigint as amount from reservation group by bucket_key having sum(after - before) <> 0)
  , bucket as (select key, amount from spending_buckets join difference on bucket_key = key order by key for update of spending_buckets)
  , counted as (update spending_buckets b set used = b.used + bucket.amount from bucket where b.key = bucket.key)`;

/** What a reservation holds of its bucket once its payment is as `changed` says. */
function heldAfter(state: string): string {
  return `case when ${state} = 'released' then 0 when ${state} = 'reserved' or measure = 'count' or accumulated_into is not null then taken
        else amount_received_minor - case when is_released_by_refund then amount_refunded_minor else 0 end end`;
}

/** SQL of `spending_buckets` and `spending_reservations`. */
@Injectable()
export class SpendingLimitsRepository {
  constructor(private readonly database: Database) {}

  /** Takes from a bucket if there is room, in one conditional statement; when there is none, nothing is taken. */
  async take(
    transaction: Queryable,
    caller: Pick<PaymentCaller, 'merchantId' | 'livemode'>,
    payment: { readonly id: string; readonly isReleasedByRefund: boolean },
    bucket: SpendingBucket,
  ): Promise<TakenBucket> {
    const isCount = bucket.window.kind === 'rolling';
    const taking = transaction.query<{ used: number }>(
      `with taken as (
         insert into spending_buckets as b (key, merchant_id, livemode, subject_id, used, window_ends_at)
         select $1, $2, $3, $4, $5::bigint, $6 where $7::bigint is null or $5 <= $7
         on conflict (key) do update set used = b.used + excluded.used where $7 is null or b.used + excluded.used <= $7
         returning used)
       , reserved as (
         insert into spending_reservations (payment_id, bucket_key, merchant_id, measure, is_released_by_refund, taken, held)
           select $8, $1, $2, $9, $10, $5, $5 from taken)
       select used from taken`,
      [
        bucket.key,
        caller.merchantId,
        caller.livemode,
        bucket.subject.id,
        bucket.take,
        isCount ? null : bucket.window.end,
        isCount ? null : bucket.limit,
        payment.id,
        isCount ? 'count' : 'amount',
        payment.isReleasedByRefund,
      ],
    );
    // Behind it in the same message: the bucket's row is locked by then, and this payment is counted.
    if (isCount) return (await Promise.all([this.countRolling(transaction, payment.id, bucket), taking]))[0];
    const [row] = await taking;
    if (row) return { fits: true, used: row.used - bucket.take, freesAt: bucket.window.end };
    const [full] = await transaction.query<{ used: number }>('select used from spending_buckets where key = $1', [bucket.key]);
    return { fits: false, used: full?.used ?? 0, freesAt: bucket.window.end };
  }

  /** Removes a payment's reservations. All must be released: they hold nothing of their buckets. */
  async forget(transaction: Queryable, paymentId: string): Promise<void> {
    await transaction.query(`delete from spending_reservations where payment_id = $1 and state = 'released' and held = 0`, [paymentId]);
  }

  /** What buckets hold, by their keys; of a rolling window only what is in it. A bucket that was never used is absent. */
  async use(buckets: readonly SpendingBucket[]): Promise<ReadonlyMap<string, BucketUse>> {
    const rows = await this.database.query<{ key: string } & BucketUse>(
      `select wanted.key, coalesce(sum(held) filter (where state = 'reserved'), 0)::bigint as reserved,
         coalesce(sum(held) filter (where state = 'settled'), 0)::bigint as settled
       from unnest($1::text[], $2::timestamptz[]) as wanted (key, start)
       join spending_reservations on bucket_key = wanted.key and held > 0 and (wanted.start is null or created_at > wanted.start)
       group by wanted.key`,
      [buckets.map(({ key }) => key), buckets.map(({ window }) => (window.kind === 'rolling' ? window.start : null))],
    );
    return new Map(rows.map(({ key, reserved, settled }) => [key, { reserved, settled }]));
  }

  /**
   * Reservations that contradict their payment or their bucket; empty unless this product has a bug.
   *
   * - `leaked`: reserved for a payment that has ended, or never existed
   * - `miscounted`: a bucket whose sum is not that of its reservations
   */
  findLeaks(queryable: Queryable): Promise<{ readonly fault: 'leaked' | 'miscounted'; readonly key: string }[]> {
    return queryable.query(
      `select 'leaked' as fault, payment_id || ' ' || bucket_key as key
       from spending_reservations left join payments on id = payment_id
       where state = 'reserved' and (id is null or status in ('requires_payment_method', 'blocked', 'canceled', 'succeeded'))
       union all
       select 'miscounted', key from spending_buckets left join spending_reservations on bucket_key = key
       group by key having used <> coalesce(sum(held), 0)`,
    );
  }

  private async countRolling(transaction: Queryable, paymentId: string, bucket: SpendingBucket): Promise<TakenBucket> {
    // A rolling window's start lies as long before the payment as its end after it.
    const windowSeconds = (bucket.window.end.getTime() - bucket.window.start.getTime()) / (2 * SECOND_MS);
    const [row] = await transaction.query<{ used: number; frees_at: Date | null }>(
      `select count(*) as used, min(created_at) + make_interval(secs => $3) as frees_at from (
         select created_at from spending_reservations
         where bucket_key = $1 and held > 0 and created_at > clock_timestamp() - make_interval(secs => $3) and payment_id <> $2
         order by created_at desc limit $4) as counted`,
      [bucket.key, paymentId, windowSeconds, bucket.limit],
    );
    const used = row?.used ?? 0;
    return { fits: used + bucket.take <= bucket.limit, used, freesAt: row?.frees_at ?? bucket.window.end };
  }
}
