import { Injectable } from '@nestjs/common';
import { DomainError, isId, newId } from '#kernel';
import { MerchantsService } from '#merchants';
import { crashPoint } from '#platform';
import { type CreatePaymentDto } from './dto/create-payment.dto.js';
import { IdempotencyKeys, type IdempotentRequest, requestHashOf } from './idempotency.js';
import { audienceOf, OpenRequest, type Outcome } from './payment-answer.js';
import { PaymentDrafts } from './payment-drafts.js';
import { PaymentExecutor } from './payment-executor.js';
import { PaymentRecorder, type RecordedPayment } from './payment-recorder.js';
import { type Payment, type PaymentCaller, sourceOf } from './payment.js';
import { type Seller } from './payment-seller.js';
import { IdempotencyInProgressError, PaymentNotFoundError } from './payments.errors.js';
import { PaymentsRepository } from './payments.repository.js';

/** The story of a payment: rules, record, processor, answer. */
@Injectable()
export class PaymentsService {
  constructor(
    private readonly merchants: MerchantsService,
    private readonly idempotency: IdempotencyKeys,
    private readonly drafts: PaymentDrafts,
    private readonly recorder: PaymentRecorder,
    private readonly executor: PaymentExecutor,
    private readonly payments: PaymentsRepository,
  ) {}

  /**
   * Makes a payment. Safe to repeat with the same key: the first outcome is returned.
   *
   * A refusal by the rules throws and leaves nothing behind; a refusal by the issuer or the fraud rules is an answer, recorded and repeated.
   *
   * @param id - The payment's, where it was chosen and committed before: the payment of one id is made once, for ever.
   * @throws the refusals of {@link PaymentDrafts.draft} @throws IdempotencyKeyReusedError @throws IdempotencyInProgressError
   */
  async create(caller: PaymentCaller, key: string, request: CreatePaymentDto, id: string = newId('payment')): Promise<Outcome> {
    const idempotency = { key, requestHash: requestHashOf('POST /api/payments', request) };
    const recorded = await this.record(caller, idempotency, request, id);
    if (!recorded) return this.repeat(caller, idempotency);
    const { payment, attempt, seller } = recorded;
    crashPoint('after_recorded');
    const open = new OpenRequest(key, audienceOf(caller, seller));
    if (!attempt) return { answer: open.answerFor(payment), isReplay: false };
    return this.finish(caller, open, await this.executor.execute(payment, attempt, sourceOf(caller), open));
  }

  /** @throws PaymentNotFoundError also for another merchant's, mode's or device's payment. */
  async get(caller: PaymentCaller, id: string): Promise<Payment> {
    const payment = isId('payment', id) ? await this.payments.find(caller, id) : null;
    if (!payment) throw new PaymentNotFoundError();
    return payment;
  }

  /**
   * The payment, judged and recorded; null when the request was made before. Looked for only when the key turns out to be taken, or when the request
   * would be refused: a repeat must not be judged by later rules, and most requests are none.
   */
  private async record(
    caller: PaymentCaller,
    idempotency: IdempotentRequest,
    request: CreatePaymentDto,
    id: string,
  ): Promise<(RecordedPayment & { readonly seller: Seller }) | null> {
    try {
      const draft = await this.drafts.draft(caller, request);
      const recorded = await this.recorder.record(caller, idempotency, draft, id);
      return recorded && { ...recorded, seller: draft.seller };
    } catch (error) {
      if (error instanceof DomainError && (await this.idempotency.find(caller, idempotency.key, idempotency.requestHash))) return null;
      throw error;
    }
  }

  /** The request was made before: its answer, or the rest of its work. */
  private async repeat(caller: PaymentCaller, { key, requestHash }: IdempotentRequest): Promise<Outcome> {
    const record = await this.idempotency.find(caller, key, requestHash);
    if (record?.answer) return { answer: record.answer, isReplay: true };
    const payment = record?.objectId ? await this.payments.find({ ...caller, deviceId: null }, record.objectId) : null;
    if (!payment || !(await this.idempotency.takeOver(caller, key))) throw new IdempotencyInProgressError();
    const isUnfinished = payment.status === 'processing' || payment.status === 'requires_confirmation';
    const open = new OpenRequest(key, audienceOf(caller, await this.merchants.sellerOf(caller.merchantId)));
    return this.finish(caller, open, isUnfinished ? await this.executor.resume(payment, sourceOf(caller), open) : payment);
  }

  /** The answer, stored already where the payment's last change brought it. */
  private async finish(caller: PaymentCaller, open: OpenRequest, payment: Payment): Promise<Outcome> {
    const answer = open.answerFor(payment);
    if (!open.isAnswered) await this.idempotency.finish(caller, open.key, answer);
    crashPoint('after_answer_stored');
    return { answer, isReplay: false };
  }
}
