import { ApiProperty } from '@nestjs/swagger';
import { type DisputeEvidence, EVIDENCE_TOTAL_LENGTH, evidenceLength, type PayerElements } from '../../domain/dispute-evidence.js';
import { type Dispute } from '../dispute.js';
import { EvidenceFieldsDto } from './evidence.dto.js';

/** What identifies the payer of a payment, where it is known. */
export class PayerElementsResponse implements PayerElements {
  @ApiProperty({ type: String, nullable: true })
  customerEmailAddress: string | null;

  @ApiProperty({ type: String, nullable: true })
  customerDeviceId: string | null;

  @ApiProperty({ type: String, nullable: true })
  customerDeviceFingerprint: string | null;

  /** Only of payments that the payer's own device sent. */
  @ApiProperty({ type: String, nullable: true })
  customerPurchaseIp: string | null;
}

/** An earlier payment that shows who the payer is. */
export class PriorPaymentResponse extends PayerElementsResponse {
  @ApiProperty({ example: 'pay_01jd8y3v5kq2e9c7x4m6n0r1st' })
  paymentId: string;

  @ApiProperty()
  stripeChargeId: string;

  @ApiProperty()
  productDescription: string;
}

/** Visa's Compelling Evidence 3.0. */
export class CompellingEvidenceResponse {
  @ApiProperty({ enum: ['merchandise', 'services'] })
  merchandiseOrServices: string;

  @ApiProperty()
  productDescription: string;

  @ApiProperty({ type: PayerElementsResponse })
  disputed: PayerElementsResponse;

  @ApiProperty({ type: [PriorPaymentResponse] })
  prior: readonly PriorPaymentResponse[];
}

/** The draft of a dispute's evidence. */
export class DisputeEvidenceResponse {
  @ApiProperty({ enum: ['dispute_evidence'] })
  object: 'dispute_evidence';

  @ApiProperty({ example: 'dp_01jd8y3v5kq2e9c7x4m6n0r1st' })
  disputeId: string;

  /** 0 until it has been assembled; grows with every change. */
  @ApiProperty({ type: 'integer' })
  evidenceVersion: number;

  /** Whether Stripe has this version staged. */
  @ApiProperty()
  isStaged: boolean;

  @ApiProperty({ type: EvidenceFieldsDto })
  fields: EvidenceFieldsDto;

  @ApiProperty({ type: CompellingEvidenceResponse, nullable: true })
  compelling: CompellingEvidenceResponse | null;

  /** Characters of all fields together. */
  @ApiProperty({ type: 'integer' })
  length: number;

  /** What Stripe takes of them. */
  @ApiProperty({ type: 'integer', example: EVIDENCE_TOTAL_LENGTH })
  lengthLimit: number;
}

/** The client's view of a draft. */
export function evidenceResponseOf(dispute: Dispute, evidence: DisputeEvidence): DisputeEvidenceResponse {
  return {
    object: 'dispute_evidence',
    disputeId: dispute.id,
    evidenceVersion: dispute.evidenceVersion,
    isStaged: dispute.evidenceVersion > 0 && dispute.evidenceStagedVersion === dispute.evidenceVersion,
    fields: evidence.fields,
    compelling: evidence.compelling,
    length: evidenceLength(evidence),
    lengthLimit: EVIDENCE_TOTAL_LENGTH,
  };
}
