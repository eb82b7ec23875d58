/** A dispute as its row holds it. */
import type { CurrencyCode } from '#kernel';
import type { DisputePosition } from '../domain/dispute-status.js';

/** How a dispute was answered: evidence was submitted, or it was accepted. Once, because neither can be taken back. */
export type DisputeResponse = 'submit' | 'close';

/** The current row; every change raises `version` by one and leaves an adjustment with that sequence. */
export interface Dispute extends DisputePosition {
  /** `dp_…` */
  readonly id: string;
  readonly paymentId: string;
  readonly merchantId: string;
  readonly livemode: boolean;
  readonly stripeDisputeId: string;
  /** Stripe's word: `fraudulent`, `product_not_received`, … */
  readonly reason: string;
  readonly networkReasonCode: string | null;
  /** Minor units of `currency`. */
  readonly amountMinor: number;
  readonly currency: CurrencyCode;
  /** Whether the money is with the payer's bank: the sum of its movements. */
  readonly areFundsWithdrawn: boolean;
  readonly isChargeRefundable: boolean;
  /** Stripe's word: evidence lies with it, staged or submitted. */
  readonly hasEvidence: boolean;
  /** null when the payer's bank takes no answer. */
  readonly evidenceDueBy: Date | null;
  readonly evidenceSubmissionCount: number;
  /** Evidence programmes of the networks under which it may be answered: `visa_compelling_evidence_3`, … */
  readonly enhancedEligibility: readonly string[];
  /** Sealed JSON of `DisputeEvidence`; null until it is assembled. */
  readonly evidenceSealed: string | null;
  /** 0 until evidence is assembled; grows with every change of the draft. */
  readonly evidenceVersion: number;
  /** Up to which version Stripe has the draft staged. */
  readonly evidenceStagedVersion: number;
  readonly evidenceStagedFields: readonly string[];
  readonly response: DisputeResponse | null;
  /** `sending` until the processor's answer is known. */
  readonly responseState: 'sending' | 'done' | null;
  readonly responseBy: string | null;
  readonly respondedAt: Date | null;
  /** Whether Stripe still knows the key of the last answer: for 23 hours. */
  readonly isResendable: boolean;
  readonly responseCount: number;
  /** Stripe's code for why it refused the last answer. */
  readonly responseError: string | null;
  readonly version: number;
  readonly nextCheckAt: Date | null;
  readonly checkCount: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What a change that merchants are told of may set. */
export type DisputeChange = Partial<
  Pick<
    Dispute,
    | 'status'
    | 'isAppeal'
    | 'reason'
    | 'networkReasonCode'
    | 'amountMinor'
    | 'areFundsWithdrawn'
    | 'isChargeRefundable'
    | 'hasEvidence'
    | 'evidenceDueBy'
    | 'evidenceSubmissionCount'
    | 'enhancedEligibility'
    | 'response'
    | 'responseState'
    | 'responseBy'
    | 'responseCount'
    | 'responseError'
  >
> & {
  /** When the keeper looks at it next; null when it need not, and when absent as before. */
  readonly checkAfterSeconds?: number | null;
};

/** Money of a dispute that Stripe's balance booked. */
export interface DisputeMovement {
  readonly stripeBalanceTransactionId: string;
  /** Minor units of the balance's currency; negative when it was withdrawn. */
  readonly amountMinor: number;
  readonly feeMinor: number;
  readonly currency: string;
  readonly bookedAt: Date;
}

/** One line of a dispute's history. */
export interface DisputeAdjustment {
  readonly disputeId: string;
  readonly sequence: number;
  readonly source: string;
  readonly sourceId: string | null;
  readonly statusBefore: string | null;
  readonly statusAfter: string;
  readonly isAppeal: boolean;
  readonly amountMinor: number;
  readonly areFundsWithdrawn: boolean;
  readonly isChargeRefundable: boolean;
  readonly evidenceDueBy: Date | null;
  readonly evidenceSubmissionCount: number;
  readonly response: string | null;
  readonly responseState: string | null;
  readonly createdAt: Date;
}
