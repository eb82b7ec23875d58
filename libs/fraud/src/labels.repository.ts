import { Injectable } from '@nestjs/common';
import { type Queryable } from '#platform';

/** What became known of a payment. */
export interface FraudLabel {
  readonly paymentId: string;
  readonly isFraud: boolean;
  readonly source: 'review' | 'dispute' | 'early_fraud_warning' | 'refund' | 'operator';
  /** The review, dispute or warning; a later turn of the same one has an id of its own: `dp_1:won`. */
  readonly sourceId: string;
}

/** SQL of `fraud_labels`: the truth as it comes in, never before it is known. */
@Injectable()
export class LabelsRepository {
  /**
   * Labels a payment from now on. Safe to repeat: the same source labels once. By its assessment, which stays when its attempt is no longer kept:
   * a dispute may come after months.
   *
   * @returns Whether it is new; false also for a payment that was never assessed here.
   */
  async insert(transaction: Queryable, { paymentId, isFraud, source, sourceId }: FraudLabel): Promise<boolean> {
    const rows = await transaction.query(
      `insert into fraud_labels (payment_id, merchant_id, livemode, is_fraud, source, source_id, device_id, customer_id, attempted_at)
       select payment_id, merchant_id, livemode, $2, $3, $4, device_id, customer_id, (features #>> '{attempt,occurredAt}')::timestamptz
       from fraud_assessments where payment_id = $1 order by id desc limit 1
       on conflict (source, source_id) do nothing returning sequence`,
      [paymentId, isFraud, source, sourceId],
    );
    return rows.length > 0;
  }
}
