/** What every list takes: how many, and after which. */
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsOptional, Matches } from 'class-validator';
import { IsSafeInteger } from './validation.js';

const PAGE_SIZE = 20;
const PAGE_SIZE_MAX = 100;
/** An id of ours, a number, or the id of a payout, which is Stripe's. Anything else would sort before all of them and begin the list again. */
const CURSOR = /^(?:[a-z]{2,3}_[0-9a-z]{26}|(?:[a-z]{2,3}_)?\d{1,18}|po_[0-9A-Za-z]{8,60})$/;

/** Query of a list: newest first, the next page starts after the last id of this one. */
export class PageQuery {
  /** 1–100, default 20. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: PAGE_SIZE_MAX, default: PAGE_SIZE })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : value))
  @IsSafeInteger(1, PAGE_SIZE_MAX)
  limit: number = PAGE_SIZE;

  /** The last id of the page before. */
  @ApiPropertyOptional({ pattern: CURSOR.source })
  @IsOptional()
  @Matches(CURSOR, { message: 'startingAfter must be the last id of the page before' })
  startingAfter?: string;
}
