import { Injectable } from '@nestjs/common';
import { LabelsRepository, ReviewQueue } from '#fraud';
import { type Queryable } from '#platform';
import { type DisputeStatus, isInquiry } from '../domain/dispute-status.js';
import { type GatewayDispute, type GatewayFraudWarning, type GatewayReview } from '../payment-gateway.js';
import { type Payment } from '../payment.js';

/** Whom the record names as the one who ended a review. */
const ACTOR = 'system:stripe';

/**
 * What the processor knows of fraud, in the words of the fraud engine. Each source labels a payment once, so that news may come twice and in
 * any order.
 *
 * | news | label |
 * | --- | --- |
 * | a dispute that calls the payment fraudulent | fraud |
 * | that dispute won | no fraud |
 * | an inquiry, or a dispute for another reason | none: nobody claims fraud |
 * | an early fraud warning | fraud |
 * | a review closed as approved, or as refunded as fraud | no fraud, fraud |
 */
@Injectable()
export class FraudTruths {
  constructor(
    private readonly labels: LabelsRepository,
    private readonly reviews: ReviewQueue,
  ) {}

  /** Labels the payment, and ends its open reviews: the payer's bank has decided. */
  async learnFromDispute(
    transaction: Queryable,
    payment: Payment,
    { gatewayId, reason }: Pick<GatewayDispute, 'gatewayId' | 'reason'>,
    status: DisputeStatus,
  ): Promise<void> {
    if (isInquiry(status)) return;
    await this.reviews.closeForPayment(transaction, payment.id, 'disputed', ACTOR);
    if (reason !== 'fraudulent') return;
    const isWon = status === 'won';
    const sourceId = isWon ? `${gatewayId}:won` : gatewayId;
    await this.labels.insert(transaction, { paymentId: payment.id, isFraud: !isWon, source: 'dispute', sourceId });
  }

  /** @returns Whether it was news. */
  learnFromWarning(transaction: Queryable, payment: Payment, { gatewayId }: GatewayFraudWarning): Promise<boolean> {
    return this.labels.insert(transaction, { paymentId: payment.id, isFraud: true, source: 'early_fraud_warning', sourceId: gatewayId });
  }

  /** Mirrors the review: a closed one that was never seen open is opened and closed at once. @returns Whether it was news. */
  async learnFromReview(transaction: Queryable, payment: Payment, review: GatewayReview): Promise<boolean> {
    const isNew = await this.reviews.openFromStripe(transaction, {
      paymentId: payment.id,
      merchantId: payment.merchantId,
      livemode: payment.livemode,
      amountMinor: payment.amountMinor,
      currency: payment.currency,
      businessType: payment.businessType,
      stripeReviewId: review.gatewayId,
      openedReason: review.openedReason,
    });
    if (review.closedReason === null) return isNew;
    const isClosed = await this.reviews.closeFromStripe(transaction, review.gatewayId, review.closedReason);
    return isNew || isClosed;
  }
}
