/** What the review routes take and give. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsISO8601, IsOptional } from 'class-validator';
import { IsText, PageQuery } from '#platform';
import { type Review } from './review.js';

/** Which reviews. */
export class ReviewsQuery extends PageQuery {
  /** Default `open`: in the order in which they expire, without those put aside. */
  @ApiPropertyOptional({ enum: ['open', 'snoozed', 'closed'], default: 'open' })
  @IsOptional()
  @IsIn(['open', 'snoozed', 'closed'])
  status: 'open' | 'snoozed' | 'closed' = 'open';
}

/** Why a decision was made. */
export class ReviewReasonDto {
  /** For the next analyst and the audit log. */
  @ApiProperty({ minLength: 1, maxLength: 500 })
  @IsText(1, 500)
  reason: string;
}

/** Until when a review is put aside. */
export class SnoozeReviewDto {
  /** RFC 3339, in the future; the review's own expiry ends it earlier. */
  @ApiProperty({ format: 'date-time' })
  @IsISO8601({ strict: true, strictSeparator: true })
  until: string;
}

/** A review. */
export class ReviewResponse {
  @ApiProperty({ example: 'rev_01jd8y3v5kq2e9c7x4m6n0r1st' })
  id: string;

  @ApiProperty({ enum: ['review'] })
  object: 'review';

  @ApiProperty()
  paymentId: string;

  @ApiProperty({ type: String, nullable: true })
  assessmentId: string | null;

  /** `before_payment`: the money waits for the decision. */
  @ApiProperty({ enum: ['before_payment', 'after_payment'] })
  stage: string;

  /** Still to be decided. */
  @ApiProperty()
  open: boolean;

  @ApiProperty({ example: 'risk_score' })
  openedReason: string;

  @ApiProperty({ type: String, nullable: true, example: 'approved' })
  closedReason: string | null;

  /** 0–100; null for Stripe's own reviews. */
  @ApiProperty({ type: 'integer', nullable: true })
  score: number | null;

  /** Minor units, e.g. 1099 = USD 10.99. */
  @ApiProperty({ type: 'integer' })
  amount: number;

  @ApiProperty({ example: 'usd' })
  currency: string;

  @ApiProperty()
  businessType: string;

  /** When the profile's own decision takes effect. */
  @ApiProperty({ format: 'date-time' })
  expiresAt: string;

  @ApiProperty({ enum: ['approve', 'cancel', 'acknowledge'] })
  onExpiry: string;

  @ApiProperty({ type: String, nullable: true })
  claimedBy: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  claimedUntil: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  snoozedUntil: string | null;

  @ApiProperty()
  escalated: boolean;

  /** Who gave the first of two approvals that the amount needs. */
  @ApiProperty({ type: String, nullable: true })
  firstApprovedBy: string | null;

  @ApiProperty({ type: String, nullable: true })
  closedBy: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  closedAt: string | null;

  @ApiProperty({ type: String, nullable: true })
  note: string | null;

  /** Whether the payment has followed the decision. */
  @ApiProperty()
  carriedOut: boolean;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;
}

/** A page of reviews. */
export class ReviewListResponse {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [ReviewResponse] })
  data: ReviewResponse[];

  @ApiProperty()
  hasMore: boolean;
}

/** The API's view of a review. */
export function reviewResponseOf(review: Review): ReviewResponse {
  const { id, paymentId, assessmentId, stage, openedReason, closedReason, score, currency, businessType, onExpiry } = review;
  return {
    id,
    object: 'review',
    paymentId,
    assessmentId,
    stage,
    open: review.closedAt === null,
    openedReason,
    closedReason,
    score,
    amount: review.amountMinor,
    currency,
    businessType,
    expiresAt: review.expiresAt.toISOString(),
    onExpiry,
    claimedBy: review.claimedBy,
    claimedUntil: review.claimedUntil?.toISOString() ?? null,
    snoozedUntil: review.snoozedUntil?.toISOString() ?? null,
    escalated: review.escalatedAt !== null,
    firstApprovedBy: review.firstApprovedBy,
    closedBy: review.closedBy,
    closedAt: review.closedAt?.toISOString() ?? null,
    note: review.note,
    carriedOut: review.closedAt !== null && (review.effect === null || review.effectDoneAt !== null),
    createdAt: review.createdAt.toISOString(),
  };
}
