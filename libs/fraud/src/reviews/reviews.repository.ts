import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '#platform';
import { type ClosedReason, type Review, type ReviewEffect } from './review.js';

/** A review to be opened. */
export type NewReview = Pick<
  Review,
  | 'id'
  | 'merchantId'
  | 'livemode'
  | 'paymentId'
  | 'assessmentId'
  | 'stripeReviewId'
  | 'stage'
  | 'openedReason'
  | 'score'
  | 'amountMinor'
  | 'currency'
  | 'businessType'
  | 'onExpiry'
> & {
  readonly expiresAfterMs: number;
};

/** How a review ends. */
export interface ReviewClosing {
  readonly closedReason: ClosedReason;
  readonly closedBy: string;
  readonly effect: ReviewEffect | null;
  readonly note: string | null;
}

/** Which reviews a page holds. */
export interface ReviewPage {
  readonly limit: number;
  readonly startingAfter: string | null;
  /** `open` leaves out what is snoozed; `snoozed` holds only that. */
  readonly status: 'open' | 'snoozed' | 'closed';
}

/** Whose reviews. */
export interface ReviewScope {
  readonly merchantId: string;
  readonly livemode: boolean;
}

const COLUMNS = `id, merchant_id as "merchantId", livemode, payment_id as "paymentId", assessment_id as "assessmentId",
  stripe_review_id as "stripeReviewId", stage, opened_reason as "openedReason", score, amount_minor as "amountMinor", currency,
  business_type as "businessType", expires_at as "expiresAt", on_expiry as "onExpiry", claimed_by as "claimedBy",
  claimed_until as "claimedUntil", snoozed_until as "snoozedUntil", escalated_at as "escalatedAt", first_approved_by as "firstApprovedBy",
  closed_reason as "closedReason", closed_by as "closedBy", closed_at as "closedAt", note, effect, effect_done_at as "effectDoneAt",
  created_at as "createdAt"`;

/** Nobody else holds the lease. */
const IS_FREE = `(claimed_by is null or claimed_by = $3 or claimed_until <= now())`;
/** Seconds for the process that made a decision to carry it out before another tries. */
const FIRST_EFFECT_SECONDS = 60;

type Row = Review & Record<string, unknown>;

/** SQL of `fraud_reviews`. Every change is one update of an open row: who comes second changes nothing. */
@Injectable()
export class ReviewsRepository {
  constructor(private readonly database: Database) {}

  /** Opens a review unless the payment has an open one in that stage. @returns Whether it did. */
  async insert(transaction: Queryable, review: NewReview): Promise<boolean> {
    const rows = await transaction.query(
      `insert into fraud_reviews (id, merchant_id, livemode, payment_id, assessment_id, stripe_review_id, stage, opened_reason, score,
         amount_minor, currency, business_type, on_expiry, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, now() + $14 * interval '1 millisecond')
       on conflict do nothing returning id`,
      [
        review.id,
        review.merchantId,
        review.livemode,
        review.paymentId,
        review.assessmentId,
        review.stripeReviewId,
        review.stage,
        review.openedReason,
        review.score,
        review.amountMinor,
        review.currency,
        review.businessType,
        review.onExpiry,
        review.expiresAfterMs,
      ],
    );
    return rows.length > 0;
  }

  async find(queryable: Queryable, { merchantId, livemode }: ReviewScope, id: string): Promise<Review | null> {
    const [row] = await queryable.query<Row>(`select ${COLUMNS} from fraud_reviews where merchant_id = $1 and livemode = $2 and id = $3`, [
      merchantId,
      livemode,
      id,
    ]);
    return row ?? null;
  }

  /** Open reviews in the order in which they expire, closed ones the newest first. */
  list({ merchantId, livemode }: ReviewScope, page: ReviewPage): Promise<Review[]> {
    const values = [merchantId, livemode, page.startingAfter, page.limit];
    if (page.status === 'closed') {
      return this.database.query<Row>(
        `select ${COLUMNS} from fraud_reviews where merchant_id = $1 and livemode = $2 and closed_at is not null and ($3::text is null or id < $3)
         order by id desc limit $4`,
        values,
      );
    }
    const isSnoozed = page.status === 'snoozed' ? 'snoozed_until > now()' : '(snoozed_until is null or snoozed_until <= now())';
    return this.database.query<Row>(
      `select ${COLUMNS} from fraud_reviews where merchant_id = $1 and livemode = $2 and closed_at is null and ${isSnoozed}
         and ($3::text is null or (expires_at, id) > (select expires_at, id from fraud_reviews where id = $3 and merchant_id = $1))
       order by expires_at, id limit $4`,
      values,
    );
  }

  /** Takes the lease, or renews one's own. @returns null when it is closed or somebody else's. */
  async claim(transaction: Queryable, id: string, scope: ReviewScope, actor: string, leaseMs: number): Promise<Review | null> {
    return this.change(transaction, id, scope, actor, `claimed_by = $3, claimed_until = now() + $5 * interval '1 millisecond'`, [leaseMs]);
  }

  /** Puts it aside until then, at most until it expires, and gives the lease back. */
  async snooze(transaction: Queryable, id: string, scope: ReviewScope, actor: string, until: Date): Promise<Review | null> {
    return this.change(transaction, id, scope, actor, `snoozed_until = least($5, expires_at), claimed_by = null, claimed_until = null`, [
      until,
    ]);
  }

  /** Marks it for somebody with more experience, and gives the lease back. */
  async escalate(transaction: Queryable, id: string, scope: ReviewScope, actor: string, note: string): Promise<Review | null> {
    return this.change(transaction, id, scope, actor, `escalated_at = now(), note = $5, claimed_by = null, claimed_until = null`, [note]);
  }

  /** The first of two approvals. */
  async approveFirst(transaction: Queryable, id: string, scope: ReviewScope, actor: string): Promise<Review | null> {
    return this.change(transaction, id, scope, actor, `first_approved_by = $3, claimed_by = null, claimed_until = null`, []);
  }

  /** Ends it. @returns null when somebody else has ended it or holds the lease. */
  async close(transaction: Queryable, id: string, scope: ReviewScope, closing: ReviewClosing): Promise<Review | null> {
    const { closedReason, closedBy, effect, note } = closing;
    return this.change(
      transaction,
      id,
      scope,
      closedBy,
      `closed_reason = $5, closed_by = $3, closed_at = now(), effect = $6, note = coalesce($7, note),
       next_effect_at = case when $6::text is not null then now() + $8 * interval '1 second' end`,
      [closedReason, effect, note, FIRST_EFFECT_SECONDS],
    );
  }

  /** Ends a payment's open reviews because of what became of it, whoever holds a lease. */
  closeByPayment(transaction: Queryable, paymentId: string, closedReason: ClosedReason, closedBy: string): Promise<Review[]> {
    return transaction.query<Row>(
      `update fraud_reviews set closed_reason = $2, closed_by = $3, closed_at = now() where payment_id = $1 and closed_at is null returning ${COLUMNS}`,
      [paymentId, closedReason, closedBy],
    );
  }

  /** Whether an analyst let the held payment go on. */
  async existsApproved(paymentId: string): Promise<boolean> {
    const rows = await this.database.query(
      `select 1 from fraud_reviews where payment_id = $1 and stage = 'before_payment' and closed_reason = 'approved' limit 1`,
      [paymentId],
    );
    return rows.length > 0;
  }

  /** Ends Stripe's review here because it was ended there. */
  async closeByStripe(transaction: Queryable, stripeReviewId: string, closedReason: ClosedReason): Promise<Review | null> {
    const [row] = await transaction.query<Row>(
      `update fraud_reviews set closed_reason = $2, closed_by = 'system:stripe', closed_at = now()
       where stripe_review_id = $1 and closed_at is null returning ${COLUMNS}`,
      [stripeReviewId, closedReason],
    );
    return row ?? null;
  }

  /** Ends what nobody decided in time, as its profile says. */
  expire(transaction: Queryable, limit: number): Promise<Review[]> {
    return transaction.query<Row>(
      `update fraud_reviews set closed_reason = 'expired', closed_by = 'system:review_expiry', closed_at = now(),
         effect = case on_expiry when 'approve' then 'release' when 'cancel' then 'cancel' end,
         next_effect_at = case when on_expiry <> 'acknowledge' then now() end
       where id in (select id from fraud_reviews where closed_at is null and expires_at <= now() order by expires_at limit $1 for update skip locked)
       returning ${COLUMNS}`,
      [limit],
    );
  }

  /** Takes decisions that have not been carried out; another process may try again when the pause is over. Pauses double to an hour. */
  takeUndone(limit: number): Promise<Review[]> {
    return this.database.query<Row>(
      `update fraud_reviews set effect_tries = effect_tries + 1,
         next_effect_at = now() + least(3600, 15 * 2 ^ least(effect_tries, 10)) * interval '1 second'
       where id in (select id from fraud_reviews where effect_done_at is null and next_effect_at <= now() order by next_effect_at limit $1 for update skip locked)
       returning ${COLUMNS}`,
      [limit],
    );
  }

  async markDone(id: string): Promise<void> {
    await this.database.query(`update fraud_reviews set effect_done_at = now(), next_effect_at = null where id = $1`, [id]);
  }

  private async change(
    transaction: Queryable,
    id: string,
    { merchantId, livemode }: ReviewScope,
    actor: string,
    assignments: string,
    values: readonly unknown[],
  ): Promise<Review | null> {
    const [row] = await transaction.query<Row>(
      `update fraud_reviews set ${assignments}
       where id = $1 and merchant_id = $2 and livemode = $4 and closed_at is null and ${IS_FREE} returning ${COLUMNS}`,
      [id, merchantId, actor, livemode, ...values],
    );
    return row ?? null;
  }
}
