/** What clients send to /api/subscriptions. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsOptional, IsUrl, Matches, MaxLength, ValidateNested } from 'class-validator';
import { IsMetadata, IsSafeInteger, IsText, PageQuery } from '#platform';
import { BILLING_UNITS, type BillingSchedule } from '../domain/billing-schedule.js';
import { SUBSCRIPTION_STATUSES, type SubscriptionStatus } from '../subscriptions/subscription.js';

const SAVED_METHOD_PATTERN = /^spm_[0-9a-z]{26}$/;
const SAVED_METHOD_MESSAGE = { message: 'paymentMethod must be the id of a saved payment method (spm_…)' };
const MAX_AMOUNT_MINOR = 999_999_999_999;

/** How long a period lasts. */
export class IntervalDto {
  @ApiProperty({ enum: BILLING_UNITS })
  @IsIn(BILLING_UNITS)
  unit: BillingSchedule['unit'];

  /** 3 months are a quarter. Default 1. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 366, default: 1 })
  @IsOptional()
  @IsSafeInteger(1, 366)
  count?: number;
}

/** Body of `POST /api/subscriptions`. */
export class CreateSubscriptionDto {
  /** Who pays. */
  @ApiProperty({ example: 'cus_01jd8y3v5kq2e9c7x4m6n0r1st' })
  @IsText(1, 64)
  customerId: string;

  /** Where the customer subscribes. */
  @ApiProperty({ example: 'dev_01jd8y3v5kq2e9c7x4m6n0r1st' })
  @IsText(1, 64)
  deviceId: string;

  /** The merchant's own word for what is sold: a customer has one subscription to it at a time. */
  @ApiProperty({ minLength: 1, maxLength: 100, example: 'gold-monthly' })
  @IsText(1, 100)
  plan: string;

  /** Minor units of each period: 1099 is USD 10.99. */
  @ApiProperty({ type: 'integer', minimum: 1, maximum: MAX_AMOUNT_MINOR, example: 1099 })
  @IsSafeInteger(1, MAX_AMOUNT_MINOR)
  amount: number;

  /** Lower-case ISO 4217 code. */
  @ApiProperty({ pattern: '^[a-z]{3}$', example: 'usd' })
  @Matches(/^[a-z]{3}$/, { message: 'currency must be a lower-case ISO 4217 code' })
  currency: string;

  @ApiProperty({ type: IntervalDto })
  @ValidateNested()
  @Type(() => IntervalDto)
  interval: IntervalDto;

  /** One that the customer saved for payments without them; their default when absent. */
  @ApiPropertyOptional({ pattern: SAVED_METHOD_PATTERN.source })
  @IsOptional()
  @Matches(SAVED_METHOD_PATTERN, SAVED_METHOD_MESSAGE)
  paymentMethod?: string;

  /** Where the customer returns to after a challenge in a browser. */
  @ApiPropertyOptional({ format: 'uri', maxLength: 2000 })
  @IsOptional()
  @IsUrl(
    { protocols: ['http', 'https'], require_protocol: true, require_tld: false },
    { message: 'returnUrl must be an http or https URL' },
  )
  @MaxLength(2000)
  returnUrl?: string;

  /** For people; each payment carries it. */
  @ApiPropertyOptional({ minLength: 1, maxLength: 500 })
  @IsOptional()
  @IsText(1, 500)
  description?: string;

  /** Up to 46 pairs of a key (1–40) and a string (0–500 characters); each payment carries them, with the subscription and its period. */
  @ApiPropertyOptional({ type: Object, additionalProperties: { type: 'string', maxLength: 500 }, maxProperties: 46 })
  @IsOptional()
  @IsMetadata(46)
  metadata?: Record<string, string>;
}

/** Body of `POST /api/subscriptions/:id/cancel`. */
export class CancelSubscriptionDto {
  /** `period_end`, the default: it goes on until what is paid is over. `now`: at once; nothing is paid back by itself. */
  @ApiPropertyOptional({ enum: ['now', 'period_end'], default: 'period_end' })
  @IsOptional()
  @IsIn(['now', 'period_end'])
  at?: 'now' | 'period_end';
}

/** Body of `PUT /api/subscriptions/:id/payment-method`. */
export class SubscriptionPaymentMethodDto {
  /** One that the customer saved for payments without them. */
  @ApiProperty({ pattern: SAVED_METHOD_PATTERN.source })
  @Matches(SAVED_METHOD_PATTERN, SAVED_METHOD_MESSAGE)
  paymentMethod: string;
}

/** Query of `GET /api/subscriptions`. */
export class SubscriptionPageQuery extends PageQuery {
  @ApiPropertyOptional({ minLength: 1, maxLength: 64 })
  @IsOptional()
  @IsText(1, 64)
  customerId?: string;

  @ApiPropertyOptional({ enum: SUBSCRIPTION_STATUSES })
  @IsOptional()
  @IsIn(SUBSCRIPTION_STATUSES)
  status?: SubscriptionStatus;
}
