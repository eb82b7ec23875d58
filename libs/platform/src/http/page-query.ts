/** What every list takes: how many, and after which. */
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsOptional } from 'class-validator';
import { IsSafeInteger, IsText } from './validation.js';

const PAGE_SIZE = 20;
const PAGE_SIZE_MAX = 100;

/** Query of a list: newest first, the next page starts after the last id of this one. */
export class PageQuery {
  /** 1–100, default 20. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: PAGE_SIZE_MAX, default: PAGE_SIZE })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : value))
  @IsSafeInteger(1, PAGE_SIZE_MAX)
  limit: number = PAGE_SIZE;

  /** The last id of the page before. */
  @ApiPropertyOptional({ minLength: 1, maxLength: 64 })
  @IsOptional()
  @IsText(1, 64)
  startingAfter?: string;
}
