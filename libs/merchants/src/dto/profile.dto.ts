/** Business profiles as the admin sees and changes them. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsObject, IsOptional } from 'class-validator';
import { IsSafeInteger, IsText } from '#platform';
import { BUSINESS_TYPES } from '../domain/business-profile.js';

/** Body of `PUT /api/admin/profiles/:businessType`. */
export class ChangeProfileDto {
  /** All that the merchant has different from the product's profile: it replaces what was different before. */
  @ApiProperty({ type: Object, additionalProperties: true, example: { currencies: { usd: { maxMinor: 200_000 } } } })
  @IsObject()
  overrides: Record<string, unknown>;

  /** The version that was looked at: when another person was faster, nothing changes (409). */
  @ApiProperty({ type: 'integer', minimum: 0, example: 0 })
  @IsSafeInteger(0)
  baseVersion: number;

  /** For the audit log. */
  @ApiProperty({ minLength: 1, maxLength: 500 })
  @IsText(1, 500)
  reason: string;

  /** Only tells what would change. */
  @ApiPropertyOptional({ default: false })
  @IsOptional()
  @IsBoolean()
  dryRun?: boolean;
}

/** One difference between two profiles. */
export class ProfileDifferenceResponse {
  @ApiProperty({ example: 'currencies.usd.maxMinor' })
  path: string;

  /** Absent where the first profile has no such field. */
  @ApiPropertyOptional({ type: Object, nullable: true, example: 1_000_000 })
  before?: unknown;

  /** Absent where the second profile has no such field. */
  @ApiPropertyOptional({ type: Object, nullable: true, example: 200_000 })
  after?: unknown;
}

/** The rules of a business type as they hold for the merchant. */
export class ProfileResponse {
  @ApiProperty({ enum: ['profile'] })
  object: 'profile';

  @ApiProperty({ enum: BUSINESS_TYPES })
  businessType: string;

  /** 0 is the product's own profile. */
  @ApiProperty({ type: 'integer', example: 1 })
  version: number;

  @ApiProperty({ type: Object, additionalProperties: true })
  profile: unknown;

  /** What differs from the version before; of a dry run from the one in force. */
  @ApiPropertyOptional({ type: [ProfileDifferenceResponse] })
  changes?: readonly ProfileDifferenceResponse[];
}

/** Every enabled profile. */
export class ProfileListResponse {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [ProfileResponse] })
  data: ProfileResponse[];

  @ApiProperty()
  hasMore: boolean;
}

/** One version of a merchant's changes. */
export class ProfileVersionResponse {
  @ApiProperty({ type: 'integer' })
  version: number;

  @ApiProperty({ type: Object, additionalProperties: true })
  overrides: unknown;

  @ApiProperty()
  createdBy: string;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  /** What it changed. */
  @ApiProperty({ type: [ProfileDifferenceResponse] })
  changes: readonly ProfileDifferenceResponse[];
}

/** The newest versions of a profile, the newest first. */
export class ProfileHistoryResponse {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [ProfileVersionResponse] })
  data: ProfileVersionResponse[];

  @ApiProperty()
  hasMore: boolean;
}
