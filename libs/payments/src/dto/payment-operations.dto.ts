import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional, IsUrl, Matches, MaxLength } from 'class-validator';
import { IsSafeInteger, IsText, PageQuery } from '#platform';
import { PAYMENT_METHOD_PATTERN } from './create-payment.dto.js';
import { PAYMENT_STATUSES, type PaymentStatus } from '../domain/payment-status.js';

/** Stripe's words for why money goes back. */
export const REFUND_REASONS = ['duplicate', 'fraudulent', 'requested_by_customer'] as const;
/** One of {@link REFUND_REASONS}. */
export type RefundReason = (typeof REFUND_REASONS)[number];

/** Body of `POST /api/payments/:id/capture`. */
export class CapturePaymentDto {
  /** Minor units, tip included; all that is held when absent. The rest is released. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1 })
  @IsOptional()
  @IsSafeInteger(1)
  amount?: number;

  /** Minor units: the whole tip, instead of the one given before. What is held is raised if need be, where the card allows it. */
  @ApiPropertyOptional({ type: 'integer', minimum: 0 })
  @IsOptional()
  @IsSafeInteger(0)
  tipAmount?: number;
}

/** Body of `POST /api/payments/:id/confirm`. */
export class ConfirmPaymentDto {
  /** Another one, of Stripe (`pm_…`) or saved by the payment's customer (`spm_…`); the same as before when absent. Never a card number. */
  @ApiPropertyOptional({ pattern: PAYMENT_METHOD_PATTERN.source, example: 'pm_card_visa' })
  @IsOptional()
  @Matches(PAYMENT_METHOD_PATTERN, {
    message: 'paymentMethod must be a Stripe payment method id (pm_…) or the id of a saved payment method (spm_…)',
  })
  paymentMethod?: string;

  /** Where the payer returns to after a challenge in a browser; as before when absent. */
  @ApiPropertyOptional({ format: 'uri', maxLength: 2000 })
  @IsOptional()
  @IsUrl(
    { protocols: ['http', 'https'], require_protocol: true, require_tld: false },
    { message: 'returnUrl must be an http or https URL' },
  )
  @MaxLength(2000)
  returnUrl?: string;
}

/** Body of `POST /api/payments/:id/cancel`. */
export class CancelPaymentDto {
  /** For the records. */
  @ApiPropertyOptional({ minLength: 1, maxLength: 500 })
  @IsOptional()
  @IsText(1, 500)
  reason?: string;
}

/** Body of `POST /api/payments/:id/refunds`. */
export class RefundPaymentDto {
  /** Minor units; all that remains when absent. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1 })
  @IsOptional()
  @IsSafeInteger(1)
  amount?: number;

  @ApiPropertyOptional({ enum: REFUND_REASONS })
  @IsOptional()
  @IsIn(REFUND_REASONS)
  reason?: RefundReason;

  /** Refund although the payment is disputed, where the dispute leaves that possible; needs the right to answer disputes. */
  @ApiPropertyOptional({ default: false })
  @IsOptional()
  @IsBoolean()
  force?: boolean;
}

/** Query of `GET /api/payments`. */
export class PaymentPageQuery extends PageQuery {
  @ApiPropertyOptional({ enum: PAYMENT_STATUSES })
  @IsOptional()
  @IsIn(PAYMENT_STATUSES)
  status?: PaymentStatus;
}
