import { Injectable } from '@nestjs/common';
import { isId } from '#kernel';
import { Database } from '#platform';
import { canMove, type PaymentStatus } from './domain/payment-status.js';
import { type CreatePaymentDto } from './dto/create-payment.dto.js';
import { IdempotencyKeys, type IdempotencyRecord, requestHashOf } from './idempotency.js';
import { type Answer, answerOf, paymentResponseOf } from './payment-answer.js';
import { PaymentDrafts } from './payment-drafts.js';
import { PaymentExecutor } from './payment-executor.js';
import { PaymentRecorder } from './payment-recorder.js';
import { type ChangeSource, type Payment, type PaymentCaller } from './payment.js';
import { AmountTooLargeError, IdempotencyInProgressError, PaymentNotFoundError, PaymentStateError } from './payments.errors.js';
import { type PageRequest, PaymentsRepository } from './payments.repository.js';

/** An answer, and whether the request had been answered before. */
export interface Outcome {
  readonly answer: Answer;
  readonly isReplay: boolean;
}

/** The story of a payment: rules, record, processor, answer. */
@Injectable()
export class PaymentsService {
  constructor(
    private readonly database: Database,
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
   * @throws the refusals of {@link PaymentDrafts.draft} @throws IdempotencyKeyReusedError @throws IdempotencyInProgressError
   */
  async create(caller: PaymentCaller, key: string, request: CreatePaymentDto): Promise<Outcome> {
    const requestHash = requestHashOf('POST /api/payments', request);
    const earlier = await this.idempotency.find(caller, key, requestHash);
    if (earlier) return this.repeat(caller, key, earlier);
    const draft = await this.drafts.draft(caller, request);
    const recorded = await this.recorder.record(caller, { key, requestHash }, draft);
    if (!recorded) return this.repeatOfWinner(caller, key, requestHash);
    const { payment, attempt } = recorded;
    if (!attempt) return { answer: answerOf(payment, caller.requestId), isReplay: false };
    return this.finish(caller, key, await this.executor.execute(payment, attempt, sourceOf(caller)));
  }

  /** @throws PaymentNotFoundError also for another merchant's, mode's or device's payment. */
  async get(caller: PaymentCaller, id: string): Promise<Payment> {
    const payment = isId('payment', id) ? await this.payments.find(caller, id) : null;
    if (!payment) throw new PaymentNotFoundError();
    return payment;
  }

  /** One page, newest first. */
  async list(caller: PaymentCaller, page: PageRequest, status: PaymentStatus | null): Promise<{ data: Payment[]; hasMore: boolean }> {
    const payments = await this.payments.list(caller, { ...page, limit: page.limit + 1 }, status);
    return { data: payments.slice(0, page.limit), hasMore: payments.length > page.limit };
  }

  /**
   * Takes a held amount, or a part of it; the rest is released.
   *
   * @throws PaymentStateError unless it `requires_capture` @throws AmountTooLargeError
   */
  capture(caller: PaymentCaller, key: string, id: string, amountMinor: number | null): Promise<Outcome> {
    return this.operate(
      caller,
      key,
      id,
      { name: 'capture', to: 'succeeded', participle: 'captured', body: { amount: amountMinor } },
      (payment) => {
        if (amountMinor !== null && amountMinor > payment.amountCapturableMinor)
          throw new AmountTooLargeError(payment.amountCapturableMinor);
        return this.executor.capture(payment, amountMinor, sourceOf(caller));
      },
    );
  }

  /** Gives a payment up before money has moved. @throws PaymentStateError once it has, or while nobody knows. */
  cancel(caller: PaymentCaller, key: string, id: string): Promise<Outcome> {
    return this.operate(caller, key, id, { name: 'cancel', to: 'canceled', participle: 'canceled', body: {} }, (payment) =>
      this.executor.cancel(payment, sourceOf(caller)),
    );
  }

  /** An operation on an existing payment under its own idempotency key. */
  private async operate(
    caller: PaymentCaller,
    key: string,
    id: string,
    operation: { readonly name: string; readonly to: PaymentStatus; readonly participle: string; readonly body: unknown },
    act: (payment: Payment) => Promise<Payment>,
  ): Promise<Outcome> {
    const requestHash = requestHashOf(`POST /api/payments/${id}/${operation.name}`, operation.body);
    const earlier = await this.idempotency.find(caller, key, requestHash);
    if (earlier?.answer) return { answer: earlier.answer, isReplay: true };
    const payment = await this.get(caller, id);
    const isDone = payment.status === operation.to && earlier !== null;
    if (!isDone && !canMove(payment.status, operation.to, 'client'))
      throw new PaymentStateError(operation.participle, paymentResponseOf(payment));
    const hasKey = earlier
      ? await this.idempotency.takeOver(caller, key)
      : await this.idempotency.claim(this.database, caller, key, requestHash, id);
    if (!hasKey) return this.repeatOfWinner(caller, key, requestHash);
    try {
      const after = isDone ? payment : await act(payment);
      const isFinal = after.status === operation.to;
      const answer = { status: isFinal ? 200 : 202, body: JSON.stringify(paymentResponseOf(after)), isFinal };
      await this.idempotency.finish(this.database, caller, key, answer);
      return { answer, isReplay: false };
    } catch (error) {
      // The request did not run: the key is free for its next try.
      await this.idempotency.finish(this.database, caller, key, UNFINISHED);
      throw error;
    }
  }

  /** The request was made before: its answer, or the rest of its work. */
  private async repeat(caller: PaymentCaller, key: string, record: IdempotencyRecord): Promise<Outcome> {
    if (record.answer) return { answer: record.answer, isReplay: true };
    const payment = record.objectId === null ? null : await this.payments.find({ ...caller, deviceId: null }, record.objectId);
    if (!payment || !(await this.idempotency.takeOver(caller, key))) throw new IdempotencyInProgressError();
    const isUnfinished = payment.status === 'processing' || payment.status === 'requires_confirmation';
    return this.finish(caller, key, isUnfinished ? await this.executor.resume(payment, sourceOf(caller)) : payment);
  }

  private async repeatOfWinner(caller: PaymentCaller, key: string, requestHash: Buffer): Promise<Outcome> {
    const winner = await this.idempotency.find(caller, key, requestHash);
    if (!winner?.answer) throw new IdempotencyInProgressError();
    return { answer: winner.answer, isReplay: true };
  }

  private async finish(caller: PaymentCaller, key: string, payment: Payment): Promise<Outcome> {
    const answer = answerOf(payment, caller.requestId);
    await this.idempotency.finish(this.database, caller, key, answer);
    return { answer, isReplay: false };
  }
}

const UNFINISHED: Answer = { status: 0, body: '', isFinal: false };

function sourceOf(caller: PaymentCaller): ChangeSource {
  return { source: 'api', sourceId: caller.requestId };
}
