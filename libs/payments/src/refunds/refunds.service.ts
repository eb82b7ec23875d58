import { Injectable } from '@nestjs/common';
import { isId, money } from '#kernel';
import { crashPoint, Database, type Queryable } from '#platform';
import { type RefundPaymentDto } from '../dto/payment-operations.dto.js';
import { ChargeDisputedError } from '../disputes/disputes.errors.js';
import { DisputesRepository } from '../disputes/disputes.repository.js';
import { refundResponseOf } from '../dto/refund.response.js';
import { IdempotencyKeys, requestHashOf } from '../idempotency.js';
import { type Outcome } from '../payment-answer.js';
import { paymentResponseOf } from '../dto/payment.response.js';
import { type GatewayAnswer, type GatewayRefund, PaymentGateway } from '../payment-gateway.js';
import { type ChangeSource, type Payment, type PaymentCaller, sourceOf } from '../payment.js';
import { AmountTooLargeError, IdempotencyInProgressError, PaymentNotFoundError, PaymentStateError } from '../payments.errors.js';
import { PaymentsRepository } from '../payments.repository.js';
import { type Refund, RefundsRepository } from './refunds.repository.js';

/** Pays money back: reserved under the payment's lock first, so that parallel refunds together never exceed what was received. */
@Injectable()
export class RefundsService {
  constructor(
    private readonly database: Database,
    private readonly idempotency: IdempotencyKeys,
    private readonly payments: PaymentsRepository,
    private readonly refunds: RefundsRepository,
    private readonly disputes: DisputesRepository,
    private readonly gateway: PaymentGateway,
  ) {}

  /**
   * Refunds a part or all that remains. Safe to repeat with the same key.
   *
   * @throws PaymentNotFoundError @throws PaymentStateError when nothing was received @throws AmountTooLargeError
   * @throws ChargeDisputedError while a dispute stands, unless `force` is given and the dispute leaves the charge refundable
   */
  async create(caller: PaymentCaller, key: string, paymentId: string, request: RefundPaymentDto): Promise<Outcome> {
    const requestHash = requestHashOf(`POST /api/payments/${paymentId}/refunds`, request);
    const earlier = await this.idempotency.find(caller, key, requestHash);
    if (earlier?.answer) return { answer: earlier.answer, isReplay: true };
    if (earlier) return this.resume(caller, key, earlier.objectId);
    const refund = await this.reserve(caller, key, requestHash, paymentId, request);
    crashPoint('after_refund_reserved');
    return this.finish(caller, key, await this.send(refund, sourceOf(caller)));
  }

  /** The refunds of a payment, oldest first. @throws PaymentNotFoundError */
  async list(caller: PaymentCaller, paymentId: string): Promise<Refund[]> {
    if (!isId('payment', paymentId) || !(await this.payments.find(caller, paymentId))) throw new PaymentNotFoundError();
    return this.refunds.list(paymentId);
  }

  /** Finds out what became of a refund whose answer was lost. */
  async complete(refund: Refund, source: ChangeSource): Promise<Refund> {
    if (refund.stripeRefundId !== null) return this.apply(refund, await this.gateway.retrieveRefund(refund.stripeRefundId), source);
    // The same key gives the first outcome, unless that is a stored 5xx, which would be replayed for ever, or the key is forgotten.
    if (refund.isResendable && !refund.hasStoredError) return this.send(refund, source);
    const payment = await this.payments.get(this.database, refund.paymentId);
    const found = await this.gateway.findRefund(payment.stripePaymentIntentId ?? '', refund.id);
    if (found.outcome !== 'succeeded') return refund;
    if (found.object) return this.apply(refund, { ...found, object: found.object }, source);
    if (!refund.isResendable)
      return this.apply(refund, { outcome: 'failed', code: 'never_made', message: '', object: null, call: found.call }, source);
    const renewed = await this.refunds.renewKey(refund);
    return renewed ? this.send(renewed, source) : refund;
  }

  /** Finishes refunds that are due for a look. @returns How many there were. */
  async completeDue(source: ChangeSource): Promise<number> {
    const due = await this.refunds.claimDue(10);
    for (const refund of due) await this.complete(refund, source);
    return due.length;
  }

  /** Applies what Stripe says of a refund, also of one made at Stripe itself. */
  async applySnapshot(
    transaction: Queryable,
    payment: Payment,
    snapshot: GatewayRefund,
    source: ChangeSource,
  ): Promise<'applied' | 'unchanged'> {
    const locked = (await this.payments.lock(transaction, payment.id)) ?? payment;
    const known =
      (await this.refunds.findByGatewayId(transaction, snapshot.gatewayId, snapshot.refundId)) ??
      (await this.refunds.insert(transaction, locked, {
        amountMinor: snapshot.amountMinor,
        reason: null,
        createdBy: 'stripe',
        stripeRefundId: snapshot.gatewayId,
      }));
    const changed = await this.refunds.update(transaction, known.id, {
      status: snapshot.status,
      stripeRefundId: snapshot.gatewayId,
      failureReason: snapshot.failureReason,
      outcomeCertainty: 'known',
    });
    await this.recount(transaction, locked, source);
    return changed ? 'applied' : 'unchanged';
  }

  /** Key, refund and payment's sum in one transaction under the payment's lock. */
  private reserve(caller: PaymentCaller, key: string, requestHash: Buffer, paymentId: string, request: RefundPaymentDto): Promise<Refund> {
    return this.database.transaction(async (transaction) => {
      const payment = isId('payment', paymentId) ? await this.payments.lock(transaction, paymentId) : null;
      const isVisible = payment?.merchantId === caller.merchantId && payment.livemode === caller.livemode;
      if (!payment || !isVisible) throw new PaymentNotFoundError();
      if (payment.amountReceivedMinor === 0) throw new PaymentStateError('refunded', paymentResponseOf(payment));
      const dispute = await this.disputes.findStanding(transaction, paymentId);
      if (dispute && !(request.force === true && dispute.isChargeRefundable)) throw new ChargeDisputedError(dispute);
      const remaining = payment.amountReceivedMinor - (await this.refunds.sumHeld(transaction, paymentId));
      const amountMinor = request.amount ?? remaining;
      if (amountMinor > remaining || remaining === 0) throw new AmountTooLargeError(remaining);
      const refund = await this.refunds.insert(transaction, payment, {
        amountMinor,
        reason: request.reason ?? null,
        createdBy: caller.actorId,
        stripeRefundId: null,
      });
      if (!(await this.idempotency.claim(caller, key, requestHash, refund.id, transaction))) throw new IdempotencyInProgressError();
      await this.recount(transaction, payment, sourceOf(caller));
      return refund;
    });
  }

  private async resume(caller: PaymentCaller, key: string, refundId: string | null): Promise<Outcome> {
    const refund = refundId === null ? null : await this.refunds.find(this.database, refundId);
    if (!refund || !(await this.idempotency.takeOver(caller, key))) throw new IdempotencyInProgressError();
    return this.finish(caller, key, await this.complete(refund, sourceOf(caller)));
  }

  private async send(refund: Refund, source: ChangeSource): Promise<Refund> {
    const payment = await this.payments.get(this.database, refund.paymentId);
    const answer = await this.gateway.refundPayment(
      {
        gatewayId: payment.stripePaymentIntentId ?? '',
        refundId: refund.id,
        amount: money(refund.amountMinor, refund.currency),
        reason: refund.reason,
      },
      refund.stripeIdempotencyKey,
    );
    crashPoint('after_refund_sent');
    const applied = await this.apply(refund, answer, source);
    crashPoint('after_refund_applied');
    return applied;
  }

  private async apply(refund: Refund, answer: GatewayAnswer<GatewayRefund>, source: ChangeSource): Promise<Refund> {
    return this.database.transaction(async (transaction) => {
      const payment = await this.payments.lock(transaction, refund.paymentId);
      const change = changeOf(refund, answer);
      const changed = change && (await this.refunds.update(transaction, refund.id, change));
      if (payment) await this.recount(transaction, payment, source);
      return changed ?? (await this.refunds.find(transaction, refund.id)) ?? refund;
    });
  }

  /** Brings the payment's sum in line with its refunds; a failed one gives its amount back exactly once, because the sum is counted anew. */
  private async recount(transaction: Queryable, payment: Payment, source: ChangeSource): Promise<void> {
    const amountRefundedMinor = await this.refunds.sumHeld(transaction, payment.id);
    if (amountRefundedMinor !== payment.amountRefundedMinor)
      await this.payments.change(transaction, payment, { amountRefundedMinor }, source);
  }

  private async finish(caller: PaymentCaller, key: string, refund: Refund): Promise<Outcome> {
    const isFinal = refund.outcomeCertainty === 'known';
    const answer = { status: isFinal ? 201 : 202, body: JSON.stringify(refundResponseOf(refund)), isFinal };
    await this.idempotency.finish(caller, key, answer);
    return { answer, isReplay: false };
  }
}

function changeOf(refund: Refund, answer: GatewayAnswer<GatewayRefund>): Parameters<RefundsRepository['update']>[2] | null {
  const { stripeRefundId } = refund;
  switch (answer.outcome) {
    case 'succeeded':
      return {
        status: answer.object.status,
        stripeRefundId: answer.object.gatewayId,
        failureReason: answer.object.failureReason,
        outcomeCertainty: 'known',
      };
    case 'declined':
      return { status: 'failed', stripeRefundId, failureReason: answer.decline.code, outcomeCertainty: 'known' };
    case 'failed':
      return { status: 'failed', stripeRefundId, failureReason: answer.code, outcomeCertainty: 'known' };
    case 'not_sent':
    case 'unknown':
      return {
        status: refund.status,
        stripeRefundId,
        failureReason: refund.failureReason,
        outcomeCertainty: 'unknown',
        hasStoredError: answer.outcome === 'unknown' && (answer.call.httpStatus ?? 0) >= 500,
      };
  }
}
