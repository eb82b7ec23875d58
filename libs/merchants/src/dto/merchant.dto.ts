/** Merchants as the admin sees and changes them. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsOptional,
  Matches,
  Validate,
  ValidatorConstraint,
  type ValidatorConstraintInterface,
} from 'class-validator';
import { isTimeZone } from '#kernel';
import { IsText } from '#platform';
import { BUSINESS_TYPES, type BusinessType } from '../domain/business-profile.js';
import { type Merchant } from '../merchant.entity.js';

/** A name of the IANA time zone database. */
@ValidatorConstraint()
class IsTimeZone implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return isTimeZone(value);
  }

  defaultMessage(): string {
    return 'timeZone must be an IANA time zone such as Europe/Berlin';
  }
}

/** Body of `POST /api/admin/merchants`. */
export class CreateMerchantDto {
  @ApiProperty({ minLength: 1, maxLength: 200 })
  @IsText(1, 200)
  name: string;

  /** ISO 3166 alpha-2. */
  @ApiProperty({ pattern: '^[A-Z]{2}$', example: 'US' })
  @Matches(/^[A-Z]{2}$/, { message: 'country must be two capital letters' })
  country: string;

  /** Days, opening hours and limits are counted in it. */
  @ApiProperty({ example: 'America/New_York' })
  @Validate(IsTimeZone)
  timeZone: string;

  @ApiProperty({ enum: BUSINESS_TYPES })
  @IsIn(BUSINESS_TYPES)
  defaultBusinessType: BusinessType;

  /** All when absent; the default type is always among them. */
  @ApiPropertyOptional({ enum: BUSINESS_TYPES, isArray: true })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(BUSINESS_TYPES, { each: true })
  enabledBusinessTypes?: BusinessType[];
}

/** Body of `PATCH /api/admin/merchants/:id`: what is absent stays. */
export class UpdateMerchantDto {
  @ApiPropertyOptional({ minLength: 1, maxLength: 200 })
  @IsOptional()
  @IsText(1, 200)
  name?: string;

  @ApiPropertyOptional({ example: 'America/New_York' })
  @IsOptional()
  @Validate(IsTimeZone)
  timeZone?: string;

  @ApiPropertyOptional({ enum: BUSINESS_TYPES })
  @IsOptional()
  @IsIn(BUSINESS_TYPES)
  defaultBusinessType?: BusinessType;

  @ApiPropertyOptional({ enum: BUSINESS_TYPES, isArray: true })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(BUSINESS_TYPES, { each: true })
  enabledBusinessTypes?: BusinessType[];

  /** Only a person of the whole deployment may set it. */
  @ApiPropertyOptional({ enum: ['active', 'suspended'] })
  @IsOptional()
  @IsIn(['active', 'suspended'])
  status?: 'active' | 'suspended';
}

/** A merchant. */
export class MerchantResponse {
  @ApiProperty({ example: 'mer_01jd8y3v5kq2e9c7x4m6n0r1st' })
  id: string;

  @ApiProperty({ enum: ['merchant'] })
  object: 'merchant';

  @ApiProperty()
  name: string;

  @ApiProperty({ enum: ['active', 'suspended'] })
  status: string;

  @ApiProperty({ example: 'US' })
  country: string;

  @ApiProperty({ example: 'America/New_York' })
  timeZone: string;

  @ApiProperty({ enum: BUSINESS_TYPES })
  defaultBusinessType: string;

  @ApiProperty({ enum: BUSINESS_TYPES, isArray: true })
  enabledBusinessTypes: string[];

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  @ApiProperty({ format: 'date-time' })
  updatedAt: string;
}

/** One page of merchants, newest first. */
export class MerchantListResponse {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [MerchantResponse] })
  data: MerchantResponse[];

  @ApiProperty()
  hasMore: boolean;
}

/** The admin's view of a merchant. */
export function merchantResponseOf(merchant: Merchant): MerchantResponse {
  const { id, name, status, country, timeZone, defaultBusinessType, enabledBusinessTypes } = merchant;
  return {
    id,
    object: 'merchant',
    name,
    status,
    country,
    timeZone,
    defaultBusinessType,
    enabledBusinessTypes,
    createdAt: merchant.createdAt.toISOString(),
    updatedAt: merchant.updatedAt.toISOString(),
  };
}
