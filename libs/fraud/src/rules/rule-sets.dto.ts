/** What the rule routes take and give. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsObject, IsOptional } from 'class-validator';
import { BUSINESS_TYPES, type BusinessType } from '#merchants';
import { IsSafeInteger, IsText, PageQuery } from '#platform';
import { type RuleMode, type RuleSet } from '../domain/rule-set.js';
import { type StoredRuleSet } from './rule-sets.repository.js';

/** Whose versions. */
export class RuleSetsQuery extends PageQuery {
  @ApiProperty({ enum: BUSINESS_TYPES })
  @IsIn(BUSINESS_TYPES)
  businessType: BusinessType;
}

/** How far back. */
export class ShadowReportQuery {
  /** Days, 1–90; default 30. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 90, default: 30 })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' && /^\d{1,3}$/.test(value) ? Number(value) : value))
  @IsSafeInteger(1, 90)
  days: number = 30;
}

/** A new version. */
export class CreateRuleSetDto {
  @ApiProperty({ enum: BUSINESS_TYPES })
  @IsIn(BUSINESS_TYPES)
  businessType: BusinessType;

  /** `{ thresholds?, rules?, operatorRules? }`: what it leaves out is the product's default. */
  @ApiProperty({ type: Object })
  @IsObject()
  document: object;

  /** Why, for those who read it later. */
  @ApiProperty({ minLength: 1, maxLength: 500 })
  @IsText(1, 500)
  comment: string;

  /** Default `shadow`: it looks on beside the decision. */
  @ApiPropertyOptional({ enum: ['draft', 'shadow'], default: 'shadow' })
  @IsOptional()
  @IsIn(['draft', 'shadow'])
  mode: 'draft' | 'shadow' = 'shadow';
}

/** What a version does from now on. */
export class RuleSetModeDto {
  @ApiProperty({ enum: ['draft', 'shadow', 'live', 'off'] })
  @IsIn(['draft', 'shadow', 'live', 'off'])
  mode: RuleMode;
}

/** A version. */
export class RuleSetResponse {
  @ApiProperty({ enum: ['rule_set'] })
  object: 'rule_set';

  @ApiProperty({ enum: BUSINESS_TYPES })
  businessType: BusinessType;

  @ApiProperty({ type: 'integer' })
  version: number;

  @ApiProperty({ enum: ['draft', 'shadow', 'live', 'off'] })
  mode: RuleMode;

  /** Thresholds, weights, bands and operator rules; never changes. */
  @ApiProperty({ type: Object })
  content: RuleSet;

  @ApiProperty()
  comment: string;

  @ApiProperty()
  createdBy: string;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;
}

/** The versions of a business type. */
export class RuleSetListResponse {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [RuleSetResponse] })
  data: RuleSetResponse[];

  /** The product's own, which counts while no version is live. */
  @ApiProperty({ type: Object })
  default: RuleSet;

  @ApiProperty()
  hasMore: boolean;
}

/** The API's view of a version. */
export function ruleSetResponseOf({ businessType, version, mode, content, comment, createdBy, createdAt }: StoredRuleSet): RuleSetResponse {
  return { object: 'rule_set', businessType, version, mode, content, comment, createdBy, createdAt: createdAt.toISOString() };
}
