/** A payment that a person decides about. */
import { type BusinessType, type ReviewRule } from '#merchants';

/** Stripe's closing reasons, so that people can work both consoles, and two of our own: `rejected` and `expired`. */
export const CLOSED_REASONS = [
  'approved',
  'rejected',
  'refunded',
  'refunded_as_fraud',
  'disputed',
  'redacted',
  'canceled',
  'payment_never_settled',
  'acknowledged',
  'expired',
] as const;
/** One of {@link CLOSED_REASONS}. */
export type ClosedReason = (typeof CLOSED_REASONS)[number];

/** What a decision does to the payment; `null` in {@link Review.effect} when nothing. */
export type ReviewEffect = 'release' | 'cancel' | 'refund' | 'refund_as_fraud' | 'approve_at_processor';

/** One review. */
export interface Review {
  readonly id: string;
  readonly merchantId: string;
  readonly livemode: boolean;
  readonly paymentId: string;
  readonly assessmentId: string | null;
  readonly stripeReviewId: string | null;
  /** `before_payment`: the money waits for the decision. `after_payment`: it has moved, as with Stripe's own reviews. */
  readonly stage: 'before_payment' | 'after_payment';
  readonly openedReason: string;
  readonly score: number | null;
  readonly amountMinor: number;
  readonly currency: string;
  readonly businessType: BusinessType;
  readonly expiresAt: Date;
  readonly onExpiry: ReviewRule['onExpiry'] | 'acknowledge';
  readonly claimedBy: string | null;
  readonly claimedUntil: Date | null;
  readonly snoozedUntil: Date | null;
  readonly escalatedAt: Date | null;
  readonly firstApprovedBy: string | null;
  readonly closedReason: ClosedReason | null;
  readonly closedBy: string | null;
  readonly closedAt: Date | null;
  readonly note: string | null;
  readonly effect: ReviewEffect | null;
  readonly effectDoneAt: Date | null;
  readonly createdAt: Date;
}

/** A decision that the payment must follow. */
export interface ReviewDecision {
  readonly reviewId: string;
  readonly paymentId: string;
  readonly merchantId: string;
  readonly livemode: boolean;
  readonly stripeReviewId: string | null;
  readonly effect: ReviewEffect;
  /** Who decided, for the payment's history. */
  readonly actor: string;
}

/** Carries decisions out. Implemented where payments are: this library stands below them. */
export abstract class ReviewedPayments {
  /**
   * Makes the payment follow a decision. It is called again until it returns, so it must be safe to repeat.
   *
   * @returns `superseded` when the payment has gone another way in the meantime, such as a cancellation by the client.
   * @throws any error when it could not be done now.
   */
  abstract carryOut(decision: ReviewDecision): Promise<'done' | 'superseded'>;
}
