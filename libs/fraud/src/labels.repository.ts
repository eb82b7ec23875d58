import { Injectable } from '@nestjs/common';
import { AppConfig, type Queryable } from '#platform';
import { BlacklistService } from './blacklist/blacklist.service.js';

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
  constructor(
    private readonly blacklist: BlacklistService,
    private readonly config: AppConfig,
  ) {}

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
    if (rows.length === 0) return false;
    if (isFraud && this.config.fraud.blocksCards) await this.blockCard(transaction, paymentId, source === 'review' ? 'rule' : 'dispute');
    return true;
  }

  /** The card of a fraud is known to be in wrong hands; each further fraud with it lengthens the block. */
  private async blockCard(transaction: Queryable, paymentId: string, source: 'rule' | 'dispute'): Promise<void> {
    // An assessment names its instant to the millisecond, so that the attempt is found by the index of its device.
    const [row] = await transaction.query<{ merchantId: string; card: string }>(
      `select attempt.merchant_id as "merchantId", card
       from fraud_assessments assessment, lateral (select (features #>> '{attempt,occurredAt}')::timestamptz as at) as occurred
         join fraud_attempts attempt on attempt.attempted_at >= at and attempt.attempted_at < at + interval '1 millisecond'
       where assessment.payment_id = $1 and attempt.payment_id = $1 and attempt.device_id = assessment.device_id
         and attempt.merchant_id = assessment.merchant_id and attempt.livemode = assessment.livemode and card is not null limit 1`,
      [paymentId],
    );
    if (row === undefined) return;
    const reason = 'a payment with this card was a fraud';
    await this.blacklist.blockAutomatically(transaction, {
      merchantId: row.merchantId,
      kind: 'card_fingerprint',
      value: row.card,
      reason,
      source,
    });
  }
}
