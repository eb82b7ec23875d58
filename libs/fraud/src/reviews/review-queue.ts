import { Injectable } from '@nestjs/common';
import { newId } from '#kernel';
import { type BusinessType, type ReviewRule } from '#merchants';
import { AppConfig, type Queryable } from '#platform';
import { LabelsRepository } from '../labels.repository.js';
import { type ClosedReason, type Review } from './review.js';
import { ReviewsRepository } from './reviews.repository.js';

/** A payment held by an assessment. */
export interface HeldPayment {
  readonly paymentId: string;
  readonly merchantId: string;
  readonly livemode: boolean;
  readonly assessmentId: string;
  readonly score: number;
  readonly amountMinor: number;
  readonly currency: string;
  readonly businessType: BusinessType;
  readonly rule: ReviewRule;
  /** `exploration`: points would have blocked it; `risk_score` when absent. */
  readonly openedReason?: 'risk_score' | 'exploration';
}

/** A review that Stripe opened on a payment of ours. */
export interface StripeReview extends Omit<HeldPayment, 'assessmentId' | 'score' | 'rule' | 'openedReason'> {
  readonly stripeReviewId: string;
  /** Stripe's word: `rule` or `manual`. */
  readonly openedReason: string;
}

/** Stripe's reviews wait as long as a charge can usually be refunded as fraud before a dispute. */
const STRIPE_REVIEW_EXPIRES_AFTER_MS = 30 * 86_400_000;

/** What opens and closes reviews besides people: assessments, payments, Stripe. Each in the transaction of its cause. */
@Injectable()
export class ReviewQueue {
  constructor(
    private readonly repository: ReviewsRepository,
    private readonly labels: LabelsRepository,
    private readonly config: AppConfig,
  ) {}

  /** Whether one approval is not enough. */
  needsFourEyes({ amountMinor, currency }: Pick<Review, 'amountMinor' | 'currency'>): boolean {
    return amountMinor > this.config.fraud.fourEyesAboveMinor(currency);
  }

  /** Puts a held payment into the queue; its clock starts now. */
  async openHeld(transaction: Queryable, held: HeldPayment): Promise<void> {
    const { rule, openedReason = 'risk_score', ...payment } = held;
    await this.repository.insert(transaction, {
      ...payment,
      id: newId('review'),
      stripeReviewId: null,
      stage: 'before_payment',
      openedReason,
      // What would have been blocked does not pass because nobody had the time to look.
      onExpiry: openedReason === 'exploration' ? 'cancel' : rule.onExpiry,
      expiresAfterMs: rule.expiresAfterMs,
    });
  }

  /** Mirrors a review that Stripe opened. Safe to repeat. @returns Whether it is new. */
  async openFromStripe(transaction: Queryable, review: StripeReview): Promise<boolean> {
    return this.repository.insert(transaction, {
      ...review,
      id: newId('review'),
      assessmentId: null,
      score: null,
      stage: 'after_payment',
      onExpiry: 'acknowledge',
      expiresAfterMs: STRIPE_REVIEW_EXPIRES_AFTER_MS,
    });
  }

  /** Mirrors the end of a review at Stripe. A review that was decided here first keeps that decision. @returns Whether it ended now. */
  async closeFromStripe(transaction: Queryable, stripeReviewId: string, reason: ClosedReason): Promise<boolean> {
    const review = await this.repository.closeByStripe(transaction, stripeReviewId, reason);
    if (review !== null) await this.label(transaction, review);
    return review !== null;
  }

  /**
   * Ends the reviews of a payment that went its way without them: canceled, disputed, never settled.
   *
   * @returns Whether any was open; false when a decision came first, and the caller must look at the payment again.
   */
  async closeForPayment(transaction: Queryable, paymentId: string, reason: ClosedReason, actor: string): Promise<boolean> {
    const reviews = await this.repository.closeByPayment(transaction, paymentId, reason, actor);
    for (const review of reviews) await this.label(transaction, review);
    return reviews.length > 0;
  }

  /** Whether a person approved the payment before it was made. */
  wasApproved(paymentId: string): Promise<boolean> {
    return this.repository.existsApproved(paymentId);
  }

  /** What a closing reason says of the truth; most say nothing. */
  async label(transaction: Queryable, review: Review): Promise<void> {
    const isFraud = isFraudBy(review.closedReason);
    if (isFraud === null) return;
    await this.labels.insert(transaction, { paymentId: review.paymentId, isFraud, source: 'review', sourceId: review.id });
  }
}

function isFraudBy(reason: ClosedReason | null): boolean | null {
  switch (reason) {
    case 'approved':
      return false;
    case 'rejected':
    case 'refunded_as_fraud':
      return true;
    case null:
    // The dispute speaks for itself: goods that never came are no fraud by the payer.
    case 'disputed':
    case 'refunded':
    case 'redacted':
    case 'canceled':
    case 'payment_never_settled':
    case 'acknowledged':
    case 'expired':
      return null;
  }
}
