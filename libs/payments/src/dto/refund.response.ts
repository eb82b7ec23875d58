import { ApiProperty } from '@nestjs/swagger';
import { type Refund } from '../refunds/refunds.repository.js';

/** A refund as clients see it. */
export class RefundResponse {
  @ApiProperty({ example: 're_01jd8y3v5kq2e9c7x4m6n0r1st' })
  id: string;

  @ApiProperty({ enum: ['refund'] })
  object: 'refund';

  @ApiProperty({ example: 'pay_01jd8y3v5kq2e9c7x4m6n0r1st' })
  paymentId: string;

  @ApiProperty({ enum: ['pending', 'requires_action', 'succeeded', 'failed', 'canceled'] })
  status: string;

  /** Minor units. */
  @ApiProperty({ example: 1099 })
  amount: number;

  @ApiProperty({ example: 'usd' })
  currency: string;

  @ApiProperty({ type: String, nullable: true })
  reason: string | null;

  /** Stripe's word for why it failed. */
  @ApiProperty({ type: String, nullable: true })
  failureReason: string | null;

  @ApiProperty({ enum: ['known', 'unknown'] })
  outcomeCertainty: string;

  @ApiProperty({ type: String, nullable: true })
  stripeRefundId: string | null;

  @ApiProperty()
  livemode: boolean;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;
}

/** The refunds of a payment, oldest first. */
export class RefundListResponse {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [RefundResponse] })
  data: RefundResponse[];

  @ApiProperty()
  hasMore: boolean;
}

/** The client's view of a refund. */
export function refundResponseOf(refund: Refund): RefundResponse {
  return {
    id: refund.id,
    object: 'refund',
    paymentId: refund.paymentId,
    status: refund.status,
    amount: refund.amountMinor,
    currency: refund.currency,
    reason: refund.reason,
    failureReason: refund.failureReason,
    outcomeCertainty: refund.outcomeCertainty,
    stripeRefundId: refund.stripeRefundId,
    livemode: refund.livemode,
    createdAt: refund.createdAt.toISOString(),
  };
}
