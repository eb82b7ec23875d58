import { Injectable } from '@nestjs/common';
import { isId } from '#kernel';
import { MerchantsService } from '#merchants';
import { type ConfirmPaymentDto } from './dto/payment-operations.dto.js';
import { IdempotencyKeys, requestHashOf } from './idempotency.js';
import { answerOf, audienceOf, type Outcome } from './payment-answer.js';
import { PaymentExecutor } from './payment-executor.js';
import { PaymentRetries } from './payment-retries.js';
import { type Payment, type PaymentCaller, sourceOf } from './payment.js';
import { IdempotencyInProgressError, PaymentNotFoundError } from './payments.errors.js';
import { PaymentsRepository } from './payments.repository.js';

/** A payer's next try at a payment that was declined or waits for its owner, under an idempotency key of its own. */
@Injectable()
export class PaymentRetriesService {
  constructor(
    private readonly merchants: MerchantsService,
    private readonly idempotency: IdempotencyKeys,
    private readonly retries: PaymentRetries,
    private readonly executor: PaymentExecutor,
    private readonly payments: PaymentsRepository,
  ) {}

  /**
   * Pays a declined payment with another method, or with the same while its owner is present. Safe to repeat with the same key.
   *
   * @throws PaymentNotFoundError @throws the refusals of {@link PaymentRetries.start}
   */
  async confirm(caller: PaymentCaller, key: string, id: string, request: ConfirmPaymentDto): Promise<Outcome> {
    const requestHash = requestHashOf(`POST /api/payments/${id}/confirm`, request);
    const earlier = await this.idempotency.find(caller, key, requestHash);
    if (earlier?.answer) return { answer: earlier.answer, isReplay: true };
    const payment = isId('payment', id) ? await this.payments.find(caller, id) : null;
    if (!payment) throw new PaymentNotFoundError();
    if (earlier) return this.resume(caller, key, payment);
    const wish = {
      paymentMethod: request.paymentMethod ?? payment.paymentMethod,
      returnUrl: request.returnUrl ?? payment.returnUrl,
      isOffSession: false,
    };
    const started = await this.retries.start(caller, payment, wish, (transaction) =>
      this.idempotency.claim(caller, key, requestHash, payment.id, transaction),
    );
    if (!started) return this.idempotency.answerOfWinner(caller, key, requestHash);
    const { payment: begun, attempt } = started;
    return this.finish(caller, key, attempt ? await this.executor.confirmAgain(begun, attempt, sourceOf(caller)) : begun);
  }

  /** The attempt is recorded: what became of it, or the rest of its work. */
  private async resume(caller: PaymentCaller, key: string, payment: Payment): Promise<Outcome> {
    if (!(await this.idempotency.takeOver(caller, key))) throw new IdempotencyInProgressError();
    const isUnfinished = payment.status === 'processing' || payment.status === 'requires_confirmation';
    return this.finish(caller, key, isUnfinished ? await this.executor.resume(payment, sourceOf(caller)) : payment);
  }

  private async finish(caller: PaymentCaller, key: string, payment: Payment): Promise<Outcome> {
    const answer = answerOf(payment, audienceOf(caller, await this.merchants.sellerOf(caller.merchantId)));
    // Nothing was made: the payment was there before.
    const shown = answer.status === 201 ? { ...answer, status: 200 } : answer;
    await this.idempotency.finish(caller, key, shown);
    return { answer: shown, isReplay: false };
  }
}
