import { ApiProperty } from '@nestjs/swagger';
import { PaymentResponse } from './payment.response.js';

/** One page of payments, newest first. */
export class PaymentListResponse {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [PaymentResponse] })
  data: PaymentResponse[];

  @ApiProperty()
  hasMore: boolean;
}

/** One line of a payment's history: a call to the processor, a change of the payment, or what its issuer said of it. */
export class TimelineEntry {
  @ApiProperty({ enum: ['attempt', 'change', 'dispute', 'fraud_warning'] })
  kind: 'attempt' | 'change' | 'dispute' | 'fraud_warning';

  @ApiProperty({ format: 'date-time' })
  at: string;

  /** Of a change of the payment: its number, from 1 without gaps. */
  @ApiProperty({ type: 'integer', nullable: true })
  sequence: number | null;

  /** Of an attempt: what was asked, what came of it and how long it took; of a change: who caused it, status and amounts after it; of a dispute: the same of that; of a warning: what the issuer says, and what was done about it. */
  @ApiProperty({ type: Object })
  details: Readonly<Record<string, unknown>>;
}

/** Everything that happened to a payment, in order. */
export class TimelineResponse {
  @ApiProperty({ enum: ['timeline'] })
  object: 'timeline';

  @ApiProperty()
  paymentId: string;

  @ApiProperty({ type: [TimelineEntry] })
  data: TimelineEntry[];
}
