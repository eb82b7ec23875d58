import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { IsText, PageQuery } from '#platform';
import { DISPUTE_STATUSES, type DisputeStatus } from '../../domain/dispute-status.js';

/** Query of `GET /api/disputes`. */
export class DisputePageQuery extends PageQuery {
  @ApiPropertyOptional({ enum: DISPUTE_STATUSES })
  @IsOptional()
  @IsIn(DISPUTE_STATUSES)
  status?: DisputeStatus;

  /** Disputes of this payment only. */
  @ApiPropertyOptional({ minLength: 1, maxLength: 64, example: 'pay_01jd8y3v5kq2e9c7x4m6n0r1st' })
  @IsOptional()
  @IsText(1, 64)
  paymentId?: string;
}
