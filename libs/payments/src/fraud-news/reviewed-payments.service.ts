import { Injectable } from '@nestjs/common';
import { assertNever } from '#kernel';
import { type ReviewDecision, ReviewedPayments } from '#fraud';
import { Database } from '#platform';
import { ChargeDisputedError } from '../disputes/disputes.errors.js';
import { PaymentExecutor } from '../payment-executor.js';
import { PaymentGateway } from '../payment-gateway.js';
import { PaymentTransitions } from '../payment-transitions.js';
import { type ChangeSource, type Payment, type PaymentCaller } from '../payment.js';
import { PaymentsRepository } from '../payments.repository.js';
import { RefundsService } from '../refunds/refunds.service.js';

/** Makes payments follow what analysts decide; each step is safe to repeat. */
@Injectable()
export class ReviewedPaymentsService extends ReviewedPayments {
  constructor(
    private readonly database: Database,
    private readonly payments: PaymentsRepository,
    private readonly transitions: PaymentTransitions,
    private readonly executor: PaymentExecutor,
    private readonly refunds: RefundsService,
    private readonly gateway: PaymentGateway,
  ) {
    super();
  }

  override async carryOut(decision: ReviewDecision): Promise<'done' | 'superseded'> {
    const payment = await this.payments.get(this.database, decision.paymentId);
    const source: ChangeSource = { source: 'admin', sourceId: decision.actor };
    switch (decision.effect) {
      case 'release':
        return this.release(payment, source);
      case 'cancel':
        return this.cancel(payment, source);
      case 'refund':
      case 'refund_as_fraud':
        return this.refund(payment, decision);
      case 'approve_at_processor':
        return this.approveAtProcessor(decision);
      default:
        return assertNever(decision.effect, 'review effect');
    }
  }

  /** From the queue to the processor: the rest of what the request began. */
  private async release(payment: Payment, source: ChangeSource): Promise<'done' | 'superseded'> {
    const wish = { to: 'requires_confirmation', by: 'admin' } as const;
    const released = payment.status === 'in_review' ? await this.transitions.move(this.database, payment, wish, {}, source) : payment;
    if (!released) return 'superseded';
    if (released.status !== 'requires_confirmation') return payment.status === 'canceled' ? 'superseded' : 'done';
    const resumed = await this.executor.resume(released, source);
    // Nothing was sent: no client will send it again, so the decision stays due.
    if (resumed.status === 'requires_confirmation') throw new ReviewNotCarriedOutError('not_sent');
    return 'done';
  }

  private async cancel(payment: Payment, source: ChangeSource): Promise<'done' | 'superseded'> {
    if (payment.status === 'canceled') return 'done';
    if (payment.status !== 'in_review') return 'superseded';
    await this.executor.cancel(payment, source);
    return 'done';
  }

  private async refund(payment: Payment, decision: ReviewDecision): Promise<'done' | 'superseded'> {
    const caller: PaymentCaller = {
      merchantId: decision.merchantId,
      livemode: decision.livemode,
      actorId: decision.actor,
      deviceId: null,
      ip: null,
      requestId: decision.reviewId,
    };
    if (payment.amountReceivedMinor === payment.amountRefundedMinor) return 'superseded';
    // The review's id is the key: however often this runs, it is one refund.
    const reason = decision.effect === 'refund_as_fraud' ? ({ reason: 'fraudulent' } as const) : {};
    try {
      await this.refunds.create(caller, `review:${decision.reviewId}`, payment.id, reason);
      return 'done';
    } catch (error) {
      // The payer's bank was faster and has the money.
      if (error instanceof ChargeDisputedError) return 'superseded';
      throw error;
    }
  }

  private async approveAtProcessor(decision: ReviewDecision): Promise<'done' | 'superseded'> {
    if (decision.stripeReviewId === null) return 'superseded';
    const answer = await this.gateway.approveReview(decision.stripeReviewId);
    if (answer.outcome === 'unknown' || answer.outcome === 'not_sent') throw new ReviewNotCarriedOutError(answer.outcome);
    // A review that was closed there meanwhile cannot be approved any more.
    return answer.outcome === 'succeeded' ? 'done' : 'superseded';
  }
}

/** The processor could not be told now; the decision is carried out again later. */
class ReviewNotCarriedOutError extends Error {
  override readonly name = 'ReviewNotCarriedOutError';
}
