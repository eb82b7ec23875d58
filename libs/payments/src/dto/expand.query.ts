import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, IsOptional } from 'class-validator';

/** What of a payment can be put in place of its id. */
export const EXPANSIONS = ['customer', 'device', 'refunds'] as const;
/** One of {@link EXPANSIONS}. */
export type Expansion = (typeof EXPANSIONS)[number];

/** Query of `GET /api/payments/:id`. */
export class ExpandQuery {
  /** Each object adds one read; there are no deeper levels. */
  @ApiPropertyOptional({ enum: EXPANSIONS, isArray: true, maxItems: EXPANSIONS.length })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? [value] : value))
  @IsArray()
  @ArrayMaxSize(EXPANSIONS.length)
  @IsIn(EXPANSIONS, { each: true })
  'expand[]'?: Expansion[];
}
