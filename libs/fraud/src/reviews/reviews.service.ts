import { Injectable, Logger } from '@nestjs/common';
import { Clock, MINUTE_MS } from '#kernel';
import { Database, type Queryable } from '#platform';
import { AuditLog, type AuditContext } from '#security';
import {
  ReviewClaimedError,
  ReviewClosedError,
  ReviewNotFoundError,
  ReviewNotRefundableError,
  SecondApproverRequiredError,
  SnoozeInvalidError,
} from '../fraud.errors.js';
import { ReviewQueue } from './review-queue.js';
import { ReviewedPayments, type Review, type ReviewEffect } from './review.js';
import { ReviewsRepository, type ReviewClosing, type ReviewPage, type ReviewScope } from './reviews.repository.js';

/** What a person may decide. */
export type ReviewVerdict = 'approve' | 'reject' | 'refund' | 'refund_as_fraud';

/** An analyst has this long for one review before another may take it. */
const CLAIM_LEASE_MS = 10 * MINUTE_MS;
/** Reviews that one run of a job takes. */
const BATCH = 100;

/** People decide about held payments; the payment follows, at the latest by the worker. */
@Injectable()
export class ReviewsService {
  private readonly logger = new Logger(ReviewsService.name);

  constructor(
    private readonly database: Database,
    private readonly repository: ReviewsRepository,
    private readonly queue: ReviewQueue,
    private readonly payments: ReviewedPayments,
    private readonly auditLog: AuditLog,
    private readonly clock: Clock,
  ) {}

  /** A page of the queue. */
  list(scope: ReviewScope, page: ReviewPage): Promise<Review[]> {
    return this.repository.list(scope, page);
  }

  /** @throws ReviewNotFoundError */
  async get(scope: ReviewScope, id: string): Promise<Review> {
    const review = await this.repository.find(this.database, scope, id);
    if (review === null) throw new ReviewNotFoundError();
    return review;
  }

  /** Takes a review for ten minutes, so that two analysts do not work on it. @throws ReviewClaimedError @throws ReviewClosedError */
  claim(scope: ReviewScope, id: string, by: AuditContext): Promise<Review> {
    return this.change(scope, id, by, 'review_claimed', (transaction) =>
      this.repository.claim(transaction, id, scope, by.actor, CLAIM_LEASE_MS),
    );
  }

  /** Hands a review to somebody with more experience. */
  escalate(scope: ReviewScope, id: string, note: string, by: AuditContext): Promise<Review> {
    return this.change(scope, id, by, 'review_escalated', (transaction) =>
      this.repository.escalate(transaction, id, scope, by.actor, note),
    );
  }

  /** Puts a review aside; its expiry does not wait. @throws SnoozeInvalidError for a time that has passed. */
  snooze(scope: ReviewScope, id: string, until: Date, by: AuditContext): Promise<Review> {
    if (until <= this.clock.now()) throw new SnoozeInvalidError();
    return this.change(scope, id, by, 'review_snoozed', (transaction) => this.repository.snooze(transaction, id, scope, by.actor, until));
  }

  /**
   * Decides. Of everybody who decides, and of expiry and cancellation, exactly one wins.
   *
   * A large amount needs two approvals by different people: after the first one the review is still open.
   *
   * @throws ReviewClosedError naming the winner @throws ReviewClaimedError @throws SecondApproverRequiredError @throws ReviewNotRefundableError
   */
  async decide(scope: ReviewScope, id: string, verdict: ReviewVerdict, by: AuditContext & { readonly reason: string }): Promise<Review> {
    const before = await this.get(scope, id);
    const closing = closingOf(before, verdict, by);
    const needsFourEyes = verdict === 'approve' && this.queue.needsFourEyes(before);
    if (needsFourEyes && before.firstApprovedBy === by.actor) throw new SecondApproverRequiredError();
    if (needsFourEyes && before.firstApprovedBy === null) {
      return this.change(scope, id, by, 'review_approved_first', (transaction) =>
        this.repository.approveFirst(transaction, id, scope, by.actor),
      );
    }
    const review = await this.change(scope, id, by, `review_${closing.closedReason}`, async (transaction) => {
      const closed = await this.repository.close(transaction, id, scope, closing);
      if (closed !== null) await this.queue.label(transaction, closed);
      return closed;
    });
    return (await this.carryOut(review)) ? this.get(scope, id) : review;
  }

  /** Decides what nobody decided in time, as each profile says. For the worker, every minute. @returns How many. */
  async expireOverdue(): Promise<number> {
    const expired = await this.database.transaction(async (transaction) => {
      const reviews = await this.repository.expire(transaction, BATCH);
      for (const { id: objectId, merchantId, effect } of reviews) {
        const entry = { actor: 'system:review_expiry', merchantId, action: 'review_expired', objectId, changes: { effect } };
        await this.auditLog.record(transaction, entry);
      }
      return reviews;
    });
    for (const review of expired) await this.carryOut(review);
    return expired.length;
  }

  /** Carries out decisions whose process died or whose payment could not follow at once. For the worker, every 15 s. @returns How many were done. */
  async carryOutUndone(): Promise<number> {
    let done = 0;
    for (const review of await this.repository.takeUndone(BATCH)) if (await this.carryOut(review)) done++;
    return done;
  }

  /** @returns Whether the payment has followed; if not, the worker tries again. */
  private async carryOut(review: Review): Promise<boolean> {
    const { id: reviewId, paymentId, merchantId, livemode, stripeReviewId, effect, closedBy } = review;
    if (effect === null) return true;
    try {
      await this.payments.carryOut({
        reviewId,
        paymentId,
        merchantId,
        livemode,
        stripeReviewId,
        effect,
        actor: closedBy ?? 'system:review',
      });
      await this.repository.markDone(reviewId);
      return true;
    } catch (error) {
      // The decision stands and is tried again; its error is for people to see, not for the analyst to repeat the click.
      this.logger.error({
        event: 'review_effect_failed',
        reviewId,
        paymentId,
        effect,
        error: error instanceof Error ? error.name : 'unknown',
      });
      return false;
    }
  }

  private async change(
    scope: ReviewScope,
    id: string,
    by: AuditContext,
    action: string,
    work: (transaction: Queryable) => Promise<Review | null>,
  ): Promise<Review> {
    const review = await this.database.transaction(async (transaction) => {
      const changed = await work(transaction);
      if (changed === null) return null;
      await this.auditLog.record(transaction, { ...by, merchantId: scope.merchantId, action, objectId: id });
      return changed;
    });
    return review ?? this.refuse(scope, id);
  }

  /** Says who was faster. */
  private async refuse(scope: ReviewScope, id: string): Promise<never> {
    const review = await this.get(scope, id);
    throw review.closedReason === null
      ? new ReviewClaimedError(review.claimedBy, review.claimedUntil)
      : new ReviewClosedError(review.closedReason, review.closedAt);
  }
}

function closingOf(review: Review, verdict: ReviewVerdict, { actor, reason }: { actor: string; reason: string }): ReviewClosing {
  const closing = { closedBy: actor, note: reason };
  const isHeld = review.stage === 'before_payment';
  switch (verdict) {
    case 'approve':
      return { ...closing, closedReason: 'approved', effect: isHeld ? 'release' : approvalAfterPayment(review) };
    case 'reject':
      // Money that has moved cannot be refused any more, only returned.
      return { ...closing, closedReason: 'rejected', effect: isHeld ? 'cancel' : 'refund' };
    case 'refund':
    case 'refund_as_fraud':
      if (isHeld) throw new ReviewNotRefundableError();
      return { ...closing, closedReason: verdict === 'refund' ? 'refunded' : 'refunded_as_fraud', effect: verdict };
  }
}

function approvalAfterPayment(review: Review): ReviewEffect | null {
  return review.stripeReviewId === null ? null : 'approve_at_processor';
}
