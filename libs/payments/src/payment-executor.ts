import { Injectable } from '@nestjs/common';
import { money } from '#kernel';
import { crashPoint, Database } from '#platform';
import { type CapturePlan } from './domain/capture-plan.js';
import {
  type AttemptOperation,
  type PaymentAttempt,
  PaymentAttemptsRepository,
  type PlannedAttempt,
} from './payment-attempts.repository.js';
import { type OpenRequest } from './payment-answer.js';
import { PaymentCalls } from './payment-calls.js';
import { type GatewayAnswer, type GatewayPayment } from './payment-gateway.js';
import { paymentResponseOf } from './dto/payment.response.js';
import { type Course, PaymentSettler } from './payment-settler.js';
import { PaymentTransitions } from './payment-transitions.js';
import { type ChangeSource, type Payment } from './payment.js';
import { GatewayUnavailableError, TipDeclinedError, TipExceedsAuthorizationError } from './payments.errors.js';
import { PaymentsRepository } from './payments.repository.js';

/**
 * Takes a recorded payment to the processor and back.
 *
 * | step | committed before it | after a crash behind it |
 * | --- | --- | --- |
 * | create the intent, unconfirmed | payment and attempt with its key | the same call with the same key, or our id in the intent's metadata |
 * | confirm it: money moves | the intent's id, and the next attempt with its key | look at the intent |
 * | apply the answer | | look at the intent |
 *
 * No transaction and no connection is held while the processor works.
 */
@Injectable()
export class PaymentExecutor {
  constructor(
    private readonly database: Database,
    private readonly calls: PaymentCalls,
    private readonly attempts: PaymentAttemptsRepository,
    private readonly payments: PaymentsRepository,
    private readonly transitions: PaymentTransitions,
    private readonly settler: PaymentSettler,
  ) {}

  /**
   * Makes the intent of a payment that is `processing` and has none, then confirms it.
   *
   * @param open - Answered by the very change that ends this, if one does.
   */
  async execute(payment: Payment, attempt: PlannedAttempt, source: ChangeSource, open: OpenRequest | null = null): Promise<Payment> {
    const answer = await this.calls.create(payment, attempt.stripeIdempotencyKey);
    crashPoint('after_intent_created');
    if (answer.outcome !== 'succeeded') return this.settler.settle(payment, attempt, answer, { source, open });
    return this.adopt(payment, attempt, answer, { source, open });
  }

  /** Confirms the intent of a payment that was declined before and has been given a method again. */
  async confirmAgain(payment: Payment, attempt: PlannedAttempt, source: ChangeSource): Promise<Payment> {
    const { stripePaymentIntentId: gatewayId } = payment;
    return gatewayId === null ? payment : this.confirm(payment, gatewayId, attempt, { source, open: null });
  }

  /** Whether a call was recorded whose result nobody has written down: its process died, or it is still on its way. */
  async hasOpenCall(payment: Payment): Promise<boolean> {
    return this.attempts.hasOpen(this.database, payment.id);
  }

  /** Finds out where an unfinished payment stands, and takes it on from there. */
  async resume(unfinished: Payment, source: ChangeSource, open: OpenRequest | null = null): Promise<Payment> {
    // A small amount has no intent of its own: it goes where its sum goes.
    if (unfinished.accumulatedInto !== null) return unfinished;
    const payment = await this.restart(unfinished, source);
    if (payment.stripePaymentIntentId !== null) return this.resumeIntent(payment, payment.stripePaymentIntentId, { source, open });
    const attempt = await this.attempts.findLatest(this.database, payment.id, 'create');
    // Held for review until now: no call was ever recorded, so none was made, however long ago that is.
    if (attempt === null) return this.execute(payment, await this.recordCreation(payment, source), source, open);
    const isFresh = this.settler.isResendable(attempt);
    // A stored 500 would be replayed for ever: then the list of intents tells whether there is one.
    if (isFresh && !isStoredError(attempt)) return this.execute(payment, attempt, source, open);
    const found = await this.calls.find(payment);
    if (found.outcome !== 'succeeded') return this.postpone(payment, source);
    if (found.object) return this.adopt(payment, attempt, { ...found, object: found.object }, { source, open });
    if (isFresh) return this.execute(payment, await this.recordCreation(payment, source), source, open);
    return (
      (await this.transitions.move(this.database, payment, { to: 'canceled', by: 'completer' }, { outcomeCertainty: 'known' }, source)) ??
      payment
    );
  }

  /** Gives up a payment's intent at the processor and applies what the processor then says. */
  async cancel(payment: Payment, source: ChangeSource): Promise<Payment> {
    if (payment.stripePaymentIntentId === null) {
      const by = source.source === 'completer' ? 'completer' : source.source === 'admin' ? 'admin' : 'client';
      return this.database.transaction(
        async (transaction) => (await this.transitions.move(transaction, payment, { to: 'canceled', by }, {}, source)) ?? payment,
      );
    }
    const attempt = await this.recordOperation(payment, 'cancel', source);
    const answer = await this.calls.cancel(payment.stripePaymentIntentId, attempt.stripeIdempotencyKey);
    return this.settler.settle(payment, attempt, answer, { source, open: null });
  }

  /**
   * Raises what is held to `amountMinor`, for a tip.
   *
   * @returns The payment with the new amounts, or as it is with an unknown outcome.
   * @throws TipExceedsAuthorizationError when the authorization cannot be raised @throws TipDeclinedError when the issuer refuses
   */
  async increase(payment: Payment, gatewayId: string, amountMinor: number, source: ChangeSource): Promise<Payment> {
    const attempt = await this.recordOperation(payment, 'increase', source);
    const amount = money(amountMinor, payment.currency);
    const answer = await this.calls.increase(gatewayId, amount, attempt.stripeIdempotencyKey);
    // An earlier try may have raised it although its answer was lost; the same amount again is refused then.
    const seen = answer.outcome === 'failed' ? await this.calls.retrieve(gatewayId) : answer;
    const isRaised = seen.outcome === 'succeeded' && seen.object.amountMinor >= amountMinor;
    // The tip comes along with the snapshot: nothing but a tip raises what is held.
    const after = await this.settler.settle(payment, attempt, isRaised ? seen : answer, { source, open: null });
    if (isRaised) return after;
    if (answer.outcome === 'declined') throw new TipDeclinedError(answer.decline, paymentResponseOf(after));
    if (answer.outcome === 'not_sent') throw new GatewayUnavailableError(answer.retryAfterSeconds, paymentResponseOf(after));
    if (answer.outcome !== 'unknown') throw new TipExceedsAuthorizationError(after.amountCapturableMinor);
    return after;
  }

  /** Takes held money as planned; the rest is released. The payment's amounts become the plan's once the money has moved. */
  async capture(payment: Payment, plan: Pick<CapturePlan, 'captureMinor' | 'amounts'>, source: ChangeSource): Promise<Payment> {
    if (payment.stripePaymentIntentId === null) return payment;
    const attempt = await this.recordOperation(payment, 'capture', source);
    const amount = plan.captureMinor === null ? null : money(plan.captureMinor, payment.currency);
    const answer = await this.calls.capture(payment.stripePaymentIntentId, amount, attempt.stripeIdempotencyKey);
    return this.settler.settle(payment, attempt, answer, { source, open: null }, plan.amounts);
  }

  private recordCreation(payment: Payment, { source, sourceId }: ChangeSource): Promise<PlannedAttempt> {
    return this.attempts.insert(this.database, payment, 'create', sourceId ?? source);
  }

  /** Records a call about an existing intent, and lets the completer look after it should this process die before the answer is applied. */
  private async recordOperation(payment: Payment, operation: AttemptOperation, source: ChangeSource): Promise<PlannedAttempt> {
    const attempt = await this.database.transaction(async (transaction) => {
      await this.payments.watch(transaction, payment);
      return this.attempts.insert(transaction, payment, operation, source.sourceId ?? source.source);
    });
    crashPoint('after_operation_recorded');
    return attempt;
  }

  private async adopt(
    payment: Payment,
    attempt: PlannedAttempt,
    answer: GatewayAnswer<GatewayPayment> & { outcome: 'succeeded' },
    course: Course,
  ): Promise<Payment> {
    const { current, confirmation } = await this.settler.adopt(payment, attempt, answer, course.source);
    // Somebody else took the payment on meanwhile, or an analyst or the client ended it: the row decides, not this call.
    if (current.status !== 'processing' || current.stripePaymentIntentId !== answer.object.gatewayId) return current;
    return this.confirm(current, answer.object.gatewayId, confirmation, course);
  }

  private async confirm(payment: Payment, gatewayId: string, attempt: PlannedAttempt, course: Course): Promise<Payment> {
    crashPoint('after_intent_adopted');
    const answer = await this.calls.confirm(payment, gatewayId, attempt.stripeIdempotencyKey);
    crashPoint('after_confirmed');
    return this.settler.settle(payment, attempt, answer, course);
  }

  /** A payment that was refused before anything happened is on its way again. */
  private async restart(payment: Payment, source: ChangeSource): Promise<Payment> {
    if (payment.status !== 'requires_confirmation') return payment;
    const by = source.source === 'completer' ? 'completer' : 'client';
    return (
      (await this.transitions.move(this.database, payment, { to: 'processing', by }, {}, source)) ??
      this.payments.get(this.database, payment.id)
    );
  }

  private async resumeIntent(payment: Payment, gatewayId: string, course: Course): Promise<Payment> {
    const { source } = course;
    const answer = await this.calls.retrieve(gatewayId);
    if (answer.outcome !== 'succeeded') return this.postpone(payment, source);
    await this.attempts.closeOpen(this.database, payment.id);
    if (payment.status !== 'processing' || answer.object.status !== 'requires_confirmation') {
      return (await this.transitions.applySnapshot(this.database, payment, answer.object, 'snapshot', source)).payment;
    }
    const latest = await this.attempts.findLatest(this.database, payment.id, 'confirm');
    if (latest && !this.settler.isResendable(latest)) return this.cancel(payment, source);
    // An intent can succeed only once, so another key is safe where the old one would replay a stored 500.
    const attempt =
      latest && !isStoredError(latest)
        ? latest
        : await this.attempts.insert(this.database, payment, 'confirm', source.sourceId ?? source.source);
    return this.confirm(payment, gatewayId, attempt, course);
  }

  private postpone(payment: Payment, source: ChangeSource): Promise<Payment> {
    if (payment.outcomeCertainty === 'unknown') return Promise.resolve(payment);
    return this.transitions.amend(this.database, payment, this.settler.asUnknown(payment, payment.checkCount), source);
  }
}

/** Whether Stripe has stored a 5xx under the attempt's key, which it replays for as long as it keeps the key. */
function isStoredError(attempt: PaymentAttempt): boolean {
  return attempt.outcome === 'unknown' && (attempt.httpStatus ?? 0) >= 500;
}
