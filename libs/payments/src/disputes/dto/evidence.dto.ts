/** Bodies of what is done about a dispute. */
import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsOptional, Matches, ValidateNested } from 'class-validator';
import { Type } from 'class-transformer';
import { IsSafeInteger, IsText } from '#platform';
import { EVIDENCE_TEXTS } from '../../domain/dispute-evidence.js';

/** Text that replaces the field's; null removes it, as long as Stripe does not have it staged. */
function TextField(field: keyof typeof EVIDENCE_TEXTS): PropertyDecorator {
  const maxLength = EVIDENCE_TEXTS[field];
  return applyDecorators(
    ApiPropertyOptional({ type: String, nullable: true, minLength: 1, maxLength }),
    IsOptional(),
    IsText(1, maxLength),
  );
}

/** The id of a file that was uploaded to Stripe with the purpose `dispute_evidence`. */
function FileField(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ type: String, nullable: true, pattern: '^file_[A-Za-z0-9]{1,120}$', example: 'file_1TfixtureReceipt' }),
    IsOptional(),
    Matches(/^file_[A-Za-z0-9]{1,120}$/),
  );
}

/** Fields of evidence, named as Stripe's. */
export class EvidenceFieldsDto {
  @TextField('accessActivityLog')
  accessActivityLog?: string | null;

  @TextField('billingAddress')
  billingAddress?: string | null;

  @FileField()
  cancellationPolicy?: string | null;

  @TextField('cancellationPolicyDisclosure')
  cancellationPolicyDisclosure?: string | null;

  @TextField('cancellationRebuttal')
  cancellationRebuttal?: string | null;

  @FileField()
  customerCommunication?: string | null;

  @TextField('customerEmailAddress')
  customerEmailAddress?: string | null;

  @TextField('customerName')
  customerName?: string | null;

  @TextField('customerPurchaseIp')
  customerPurchaseIp?: string | null;

  @FileField()
  customerSignature?: string | null;

  @FileField()
  duplicateChargeDocumentation?: string | null;

  @TextField('duplicateChargeExplanation')
  duplicateChargeExplanation?: string | null;

  @TextField('duplicateChargeId')
  duplicateChargeId?: string | null;

  @TextField('productDescription')
  productDescription?: string | null;

  @FileField()
  receipt?: string | null;

  @FileField()
  refundPolicy?: string | null;

  @TextField('refundPolicyDisclosure')
  refundPolicyDisclosure?: string | null;

  @TextField('refundRefusalExplanation')
  refundRefusalExplanation?: string | null;

  @TextField('serviceDate')
  serviceDate?: string | null;

  @FileField()
  serviceDocumentation?: string | null;

  @TextField('shippingAddress')
  shippingAddress?: string | null;

  @TextField('shippingCarrier')
  shippingCarrier?: string | null;

  @TextField('shippingDate')
  shippingDate?: string | null;

  @FileField()
  shippingDocumentation?: string | null;

  @TextField('shippingTrackingNumber')
  shippingTrackingNumber?: string | null;

  @FileField()
  uncategorizedFile?: string | null;

  @TextField('uncategorizedText')
  uncategorizedText?: string | null;
}

/** Visa's Compelling Evidence 3.0, by two earlier payments that a person chose. */
export class CompellingEvidenceDto {
  /** Two earlier payments of the payer with the same card, undisputed, 120 to 365 days older than the dispute. */
  @ApiProperty({ type: [String], minItems: 2, maxItems: 2, example: ['pay_01jd8y3v5kq2e9c7x4m6n0r1st', 'pay_01jd8y3v5kq2e9c7x4m6n0r1sv'] })
  @IsArray()
  @ArrayMinSize(2)
  @ArrayMaxSize(2)
  @IsText(1, 64, { each: true })
  priorPaymentIds: string[];

  @ApiProperty({ enum: ['merchandise', 'services'] })
  @IsIn(['merchandise', 'services'])
  merchandiseOrServices: 'merchandise' | 'services';

  /** What the disputed payment was for. */
  @ApiProperty({ minLength: 1, maxLength: EVIDENCE_TEXTS.productDescription })
  @IsText(1, EVIDENCE_TEXTS.productDescription)
  productDescription: string;
}

/** Body of `POST /api/disputes/:id/evidence`. */
export class StageEvidenceDto {
  /** What changes; what is absent stays. */
  @ApiPropertyOptional({ type: EvidenceFieldsDto })
  @IsOptional()
  @ValidateNested()
  @Type(() => EvidenceFieldsDto)
  fields?: EvidenceFieldsDto;

  /** Replaces it; null removes it. */
  @ApiPropertyOptional({ type: CompellingEvidenceDto, nullable: true })
  @IsOptional()
  @ValidateNested()
  @Type(() => CompellingEvidenceDto)
  compelling?: CompellingEvidenceDto | null;

  /** The version that was read: should it have changed since, the answer is 409. */
  @ApiPropertyOptional({ type: 'integer', minimum: 0 })
  @IsOptional()
  @IsSafeInteger(0)
  evidenceVersion?: number;
}

/** Body of `POST /api/disputes/:id/submit`. */
export class SubmitEvidenceDto {
  /** The version that was read and is meant: another one is not submitted. */
  @ApiProperty({ type: 'integer', minimum: 1 })
  @IsSafeInteger(1)
  evidenceVersion: number;
}

/** Body of `POST /api/disputes/:id/close`. */
export class CloseDisputeDto {
  /** For the audit log. */
  @ApiProperty({ minLength: 1, maxLength: 500 })
  @IsText(1, 500)
  reason: string;
}
