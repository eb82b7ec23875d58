import { Injectable } from '@nestjs/common';
import { isId } from '#kernel';
import { MerchantsService } from '#merchants';
import { crashPoint } from '#platform';
import { planCapture } from './domain/capture-plan.js';
import { canMove, type PaymentStatus } from './domain/payment-status.js';
import { IdempotencyKeys, requestHashOf } from './idempotency.js';
import { type Answer, type Outcome } from './payment-answer.js';
import { paymentResponseOf } from './dto/payment.response.js';
import { PaymentExecutor } from './payment-executor.js';
import { type Payment, type PaymentCaller, sourceOf } from './payment.js';
import { AmountTooLargeError, PaymentNotFoundError, PaymentStateError, PolicyViolationError } from './payments.errors.js';
import { PaymentsRepository } from './payments.repository.js';

/** What is asked of an existing payment. */
interface Operation {
  readonly name: string;
  readonly to: PaymentStatus;
  readonly participle: string;
  readonly body: unknown;
}

const UNFINISHED: Answer = { status: 0, body: '', isFinal: false };

/** What a client does with a payment that it has made: each under an idempotency key of its own. */
@Injectable()
export class PaymentOperations {
  constructor(
    private readonly idempotency: IdempotencyKeys,
    private readonly executor: PaymentExecutor,
    private readonly payments: PaymentsRepository,
    private readonly merchants: MerchantsService,
  ) {}

  /**
   * Takes a held amount, a part of it, or with a tip more than it; the rest is released.
   *
   * @throws PaymentStateError unless it `requires_capture` @throws AmountTooLargeError @throws PolicyViolationError for a tip against the rules
   * @throws TipExceedsAuthorizationError @throws TipDeclinedError
   */
  capture(
    caller: PaymentCaller,
    key: string,
    id: string,
    request: { readonly amountMinor: number | null; readonly tipMinor: number | null },
  ): Promise<Outcome> {
    const operation = { name: 'capture', to: 'succeeded', participle: 'captured', body: request } as const;
    return this.operate(caller, key, id, operation, (payment) => this.captureAsPlanned(caller, payment, request));
  }

  /** Gives a payment up before money has moved. @throws PaymentStateError once it has, or while nobody knows. */
  cancel(caller: PaymentCaller, key: string, id: string): Promise<Outcome> {
    return this.operate(caller, key, id, { name: 'cancel', to: 'canceled', participle: 'canceled', body: {} }, (payment) =>
      this.executor.cancel(payment, sourceOf(caller)),
    );
  }

  private async captureAsPlanned(
    caller: PaymentCaller,
    payment: Payment,
    request: { readonly amountMinor: number | null; readonly tipMinor: number | null },
  ): Promise<Payment> {
    const context = await this.merchants.getContext(payment.merchantId);
    const planned = planCapture(payment, request, this.merchants.profileOf(context, payment.businessType).profile.tip);
    if (planned.kind === 'violations') throw new PolicyViolationError(planned.violations);
    if (planned.kind === 'too_large') throw new AmountTooLargeError(planned.remaining);
    const { captureMinor, amounts, isIncrease } = planned.plan;
    let held = payment;
    if (amounts && isIncrease && payment.stripePaymentIntentId !== null) {
      held = await this.executor.increase(payment, payment.stripePaymentIntentId, amounts.amountMinor, sourceOf(caller));
      if (held.outcomeCertainty === 'unknown') return held;
    }
    return this.executor.capture(held, { captureMinor, amounts }, sourceOf(caller));
  }

  /** An operation on an existing payment under its own idempotency key. */
  private async operate(
    caller: PaymentCaller,
    key: string,
    id: string,
    operation: Operation,
    act: (payment: Payment) => Promise<Payment>,
  ): Promise<Outcome> {
    const requestHash = requestHashOf(`POST /api/payments/${id}/${operation.name}`, operation.body);
    const earlier = await this.idempotency.find(caller, key, requestHash);
    if (earlier?.answer) return { answer: earlier.answer, isReplay: true };
    const payment = isId('payment', id) ? await this.payments.find(caller, id) : null;
    if (!payment) throw new PaymentNotFoundError();
    const isDone = payment.status === operation.to && earlier !== null;
    if (!isDone && !canMove(payment.status, operation.to, 'client'))
      throw new PaymentStateError(operation.participle, paymentResponseOf(payment));
    const hasKey = earlier ? await this.idempotency.takeOver(caller, key) : await this.idempotency.claim(caller, key, requestHash, id);
    if (!hasKey) return this.idempotency.answerOfWinner(caller, key, requestHash);
    crashPoint('after_operation_claimed');
    try {
      const after = isDone ? payment : await act(payment);
      const isFinal = after.status === operation.to;
      const answer = {
        status: isFinal ? 200 : 202,
        body: JSON.stringify(paymentResponseOf(after, await this.merchants.sellerOf(after.merchantId))),
        isFinal,
      };
      await this.idempotency.finish(caller, key, answer);
      return { answer, isReplay: false };
    } catch (error) {
      // The request did not run: the key is free for its next try.
      await this.idempotency.finish(caller, key, UNFINISHED);
      throw error;
    }
  }
}
