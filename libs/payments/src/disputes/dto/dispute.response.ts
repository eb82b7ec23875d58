import { ApiProperty } from '@nestjs/swagger';
import { DISPUTE_STATUSES } from '../../domain/dispute-status.js';
import { type Dispute, type DisputeMovement } from '../dispute.js';

/** How a dispute was answered. */
export class DisputeAnswerResponse {
  /** Evidence was submitted, or the dispute was accepted. */
  @ApiProperty({ enum: ['submit', 'close'] })
  act: string;

  /** `sending` until Stripe's answer is known. */
  @ApiProperty({ enum: ['sending', 'done'] })
  state: string;

  /** Who answered. */
  @ApiProperty({ example: 'user:usr_01jd8y3v5kq2e9c7x4m6n0r1st' })
  by: string;

  @ApiProperty({ format: 'date-time' })
  at: string;
}

/** Money of a dispute that Stripe's balance booked, in the balance's currency. */
export class DisputeMovementResponse {
  @ApiProperty({ enum: ['withdrawn', 'reinstated'] })
  kind: string;

  /** Minor units, without the sign. */
  @ApiProperty({ example: 1099 })
  amount: number;

  /** Minor units: what Stripe charged for it. */
  @ApiProperty({ example: 1500 })
  fee: number;

  @ApiProperty({ example: 'usd' })
  currency: string;

  @ApiProperty({ format: 'date-time' })
  bookedAt: string;
}

/** A dispute as clients see it. */
export class DisputeResponse {
  @ApiProperty({ example: 'dp_01jd8y3v5kq2e9c7x4m6n0r1st' })
  id: string;

  @ApiProperty({ enum: ['dispute'] })
  object: 'dispute';

  @ApiProperty({ example: 'pay_01jd8y3v5kq2e9c7x4m6n0r1st' })
  paymentId: string;

  /** Stripe's states; `warning_…` is an inquiry, for which no money has moved. */
  @ApiProperty({ enum: DISPUTE_STATUSES })
  status: string;

  /** Stripe's word: `fraudulent`, `product_not_received`, … */
  @ApiProperty({ example: 'fraudulent' })
  reason: string;

  /** The network's own code, such as Visa's 10.4. */
  @ApiProperty({ type: String, nullable: true, example: '10.4' })
  networkReasonCode: string | null;

  /** Minor units. */
  @ApiProperty({ example: 1099 })
  amount: number;

  @ApiProperty({ example: 'usd' })
  currency: string;

  /** Whether it was lost before and is judged once more. */
  @ApiProperty()
  isAppeal: boolean;

  /** Whether the money is with the payer's bank now. */
  @ApiProperty()
  areFundsWithdrawn: boolean;

  /** Whether a refund could still settle it, as it can an inquiry. */
  @ApiProperty()
  isChargeRefundable: boolean;

  /** Until when evidence can be submitted; null when the bank takes none. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  evidenceDueBy: string | null;

  /** Whether evidence lies with Stripe, staged or submitted. */
  @ApiProperty()
  hasEvidence: boolean;

  /** Evidence is normally submitted once. */
  @ApiProperty({ example: 0 })
  submissionCount: number;

  /** The version of the evidence's draft; 0 until it has been assembled from the payment's own history. */
  @ApiProperty({ example: 1 })
  evidenceVersion: number;

  /** Whether Stripe has this version staged. */
  @ApiProperty()
  isEvidenceStaged: boolean;

  /** Evidence programmes under which it may be answered, such as `visa_compelling_evidence_3`. */
  @ApiProperty({ type: [String] })
  enhancedEligibility: readonly string[];

  /** The answer; null while there is none. */
  @ApiProperty({ type: DisputeAnswerResponse, nullable: true })
  answer: DisputeAnswerResponse | null;

  /** Stripe's code for why it refused the last answer. */
  @ApiProperty({ type: String, nullable: true })
  answerError: string | null;

  @ApiProperty()
  stripeDisputeId: string;

  @ApiProperty()
  livemode: boolean;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  @ApiProperty({ format: 'date-time' })
  updatedAt: string;
}

/** One page of disputes, newest first. */
export class DisputeListResponse {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [DisputeResponse] })
  data: DisputeResponse[];

  @ApiProperty()
  hasMore: boolean;
}

/** Everything that was booked for a dispute, oldest first. */
export class DisputeMovementListResponse {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [DisputeMovementResponse] })
  data: DisputeMovementResponse[];

  @ApiProperty()
  hasMore: boolean;
}

/** The client's view of a dispute. */
export function disputeResponseOf(dispute: Dispute): DisputeResponse {
  return {
    id: dispute.id,
    object: 'dispute',
    paymentId: dispute.paymentId,
    status: dispute.status,
    reason: dispute.reason,
    networkReasonCode: dispute.networkReasonCode,
    amount: dispute.amountMinor,
    currency: dispute.currency,
    isAppeal: dispute.isAppeal,
    areFundsWithdrawn: dispute.areFundsWithdrawn,
    isChargeRefundable: dispute.isChargeRefundable,
    evidenceDueBy: dispute.evidenceDueBy?.toISOString() ?? null,
    hasEvidence: dispute.hasEvidence,
    submissionCount: dispute.evidenceSubmissionCount,
    evidenceVersion: dispute.evidenceVersion,
    isEvidenceStaged: dispute.evidenceVersion > 0 && dispute.evidenceStagedVersion === dispute.evidenceVersion,
    enhancedEligibility: dispute.enhancedEligibility,
    answer: answerOf(dispute),
    answerError: dispute.responseError,
    stripeDisputeId: dispute.stripeDisputeId,
    livemode: dispute.livemode,
    createdAt: dispute.createdAt.toISOString(),
    updatedAt: dispute.updatedAt.toISOString(),
  };
}

/** The client's view of booked money. */
export function disputeMovementResponseOf(movement: DisputeMovement): DisputeMovementResponse {
  return {
    kind: movement.amountMinor < 0 ? 'withdrawn' : 'reinstated',
    amount: Math.abs(movement.amountMinor),
    fee: movement.feeMinor,
    currency: movement.currency,
    bookedAt: movement.bookedAt.toISOString(),
  };
}

function answerOf({ response, responseState, responseBy, respondedAt }: Dispute): DisputeAnswerResponse | null {
  if (response === null || responseState === null) return null;
  return { act: response, state: responseState, by: responseBy ?? '', at: respondedAt?.toISOString() ?? '' };
}
