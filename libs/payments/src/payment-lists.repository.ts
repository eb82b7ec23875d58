/** Payments as they are looked through: pages of them, and the history of one. */
import { Injectable } from '@nestjs/common';
import { Database } from '#platform';
import { type PaymentStatus } from './domain/payment-status.js';
import { type ChangeSource, type Payment, type PaymentCaller } from './payment.js';
import { PAYMENT_COLUMNS } from './payments.repository.js';

/** One page of a list: newest first, `startingAfter` excluded. */
export interface PageRequest {
  readonly limit: number;
  readonly startingAfter: string | null;
}

/** One line of a payment's history. */
export interface PaymentAdjustment {
  readonly sequence: number;
  readonly source: ChangeSource['source'];
  readonly sourceId: string | null;
  readonly statusBefore: PaymentStatus | null;
  readonly statusAfter: PaymentStatus;
  readonly amountMinor: number;
  readonly tipMinor: number;
  readonly amountCapturableMinor: number;
  readonly amountReceivedMinor: number;
  readonly amountRefundedMinor: number;
  readonly amountDisputedMinor: number;
  readonly outcomeCertainty: 'known' | 'unknown';
  readonly createdAt: Date;
}

/** SQL of `payments` and `payment_adjustments` that only reads, many rows at a time. */
@Injectable()
export class PaymentListsRepository {
  constructor(private readonly database: Database) {}

  /** One page of the caller's payments, of one status where it is named; a device sees its own. */
  list(
    caller: Pick<PaymentCaller, 'merchantId' | 'livemode' | 'deviceId'>,
    page: PageRequest,
    status: PaymentStatus | null,
  ): Promise<Payment[]> {
    return this.database.query<Payment>(
      `select ${PAYMENT_COLUMNS} from payments
       where merchant_id = $1 and livemode = $2 and ($3::text is null or device_id = $3) and ($4::text is null or status = $4)
         and ($5::text is null or id < $5)
       order by id desc limit $6`,
      [caller.merchantId, caller.livemode, caller.deviceId, status, page.startingAfter, page.limit],
    );
  }

  /** Everything that has changed a payment, in order. */
  listAdjustments(paymentId: string): Promise<PaymentAdjustment[]> {
    return this.database.query<PaymentAdjustment>(
      `select sequence, source, source_id as "sourceId", status_before as "statusBefore", status_after as "statusAfter", amount_minor as "amountMinor",
         tip_minor as "tipMinor", amount_capturable_minor as "amountCapturableMinor", amount_received_minor as "amountReceivedMinor",
         amount_refunded_minor as "amountRefundedMinor", amount_disputed_minor as "amountDisputedMinor",
         outcome_certainty as "outcomeCertainty", created_at as "createdAt"
       from payment_adjustments where payment_id = $1 order by sequence`,
      [paymentId],
    );
  }
}
