import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, Matches } from 'class-validator';
import { BUSINESS_TYPES } from '#merchants';
import { IsSafeInteger } from '#platform';
import { SPENDING_LIMIT_NAMES } from '../domain/spending-limit.js';

/** One limit and what is left of it. Amounts are minor units; a count has no currency. */
export class LimitResponse {
  @ApiProperty({ enum: SPENDING_LIMIT_NAMES })
  name: string;

  @ApiProperty({ enum: BUSINESS_TYPES })
  businessType: string;

  @ApiProperty({ type: String, nullable: true, example: 'usd' })
  currency: string | null;

  @ApiProperty({ example: 20_000 })
  limit: number;

  /** Of payments that are not finished. */
  @ApiProperty({ example: 0 })
  reserved: number;

  /** Of payments that succeeded. */
  @ApiProperty({ example: 1_099 })
  used: number;

  @ApiProperty({ example: 18_901 })
  remaining: number;

  @ApiProperty({ format: 'date-time' })
  windowStartsAt: string;

  /** Null for a rolling window, which moves with the clock. */
  @ApiProperty({ type: String, nullable: true, format: 'date-time' })
  windowEndsAt: string | null;
}

/** Every spending limit of a device or a customer. */
export class LimitsResponse {
  @ApiProperty({ enum: ['limits'] })
  object: 'limits';

  /** `dev_…` or `cus_…` */
  @ApiProperty()
  subject: string;

  @ApiProperty({ type: [LimitResponse] })
  data: LimitResponse[];
}

/** Body of `PUT /api/limits/:subject`: what a device may spend in a calendar day of the merchant. */
export class SetLimitDto {
  /** Lower-case ISO 4217 code. */
  @ApiProperty({ pattern: '^[a-z]{3}$', example: 'usd' })
  @Matches(/^[a-z]{3}$/, { message: 'currency must be a lower-case ISO 4217 code' })
  currency: string;

  /** Minor units; it can only lower the business type's limit. Null: the business type's alone holds again. */
  @ApiProperty({ type: 'integer', nullable: true, minimum: 0, example: 5_000 })
  @IsOptional()
  @IsSafeInteger(0)
  dailyAmount: number | null;
}
