import { Injectable } from '@nestjs/common';
import { assertNever, Clock, HOUR_MS, money } from '#kernel';
import { crashPoint, Database } from '#platform';
import { type CapturePlan } from './domain/capture-plan.js';
import { type AttemptOperation, type PaymentAttempt, PaymentAttemptsRepository } from './payment-attempts.repository.js';
import { PaymentCalls } from './payment-calls.js';
import { type GatewayAnswer, type GatewayPayment } from './payment-gateway.js';
import { paymentResponseOf } from './dto/payment.response.js';
import { PaymentTransitions } from './payment-transitions.js';
import { type ChangeSource, type Payment } from './payment.js';
import { GatewayUnavailableError, TipDeclinedError, TipExceedsAuthorizationError } from './payments.errors.js';
import { PaymentsRepository } from './payments.repository.js';

/** Stripe may forget an idempotency key after 24 h; nothing that moves money is sent again after this. */
const RESEND_WINDOW_MS = 23 * HOUR_MS;

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
    private readonly clock: Clock,
  ) {}

  /** Makes the intent of a payment that is `processing` and has none, then confirms it. */
  async execute(payment: Payment, attempt: PaymentAttempt, source: ChangeSource): Promise<Payment> {
    const answer = await this.calls.create(payment, attempt.stripeIdempotencyKey);
    crashPoint('after_intent_created');
    if (answer.outcome !== 'succeeded') return this.settle(payment, attempt, answer, source);
    return this.adopt(payment, attempt, answer, source);
  }

  /** Confirms the intent of a payment that was declined before and has been given a method again. */
  async confirmAgain(payment: Payment, attempt: PaymentAttempt, source: ChangeSource): Promise<Payment> {
    return payment.stripePaymentIntentId === null ? payment : this.confirm(payment, payment.stripePaymentIntentId, attempt, source);
  }

  /** Whether a call was recorded whose result nobody has written down: its process died, or it is still on its way. */
  async hasOpenCall(payment: Payment): Promise<boolean> {
    return this.attempts.hasOpen(this.database, payment.id);
  }

  /** Finds out where an unfinished payment stands, and takes it on from there. */
  async resume(unfinished: Payment, source: ChangeSource): Promise<Payment> {
    // A small amount has no intent of its own: it goes where its sum goes.
    if (unfinished.accumulatedInto !== null) return unfinished;
    const payment = await this.restart(unfinished, source);
    if (payment.stripePaymentIntentId !== null) return this.resumeIntent(payment, payment.stripePaymentIntentId, source);
    const attempt = await this.attempts.findLatest(this.database, payment.id, 'create');
    // Held for review until now: no call was ever recorded, so none was made, however long ago that is.
    if (attempt === null) return this.execute(payment, await this.recordCreation(payment, source), source);
    const isFresh = this.isResendable(attempt);
    // A stored 500 would be replayed for ever: then the list of intents tells whether there is one.
    if (isFresh && !isStoredError(attempt)) return this.execute(payment, attempt, source);
    const found = await this.calls.find(payment);
    if (found.outcome !== 'succeeded') return this.postpone(payment, source);
    if (found.object) return this.adopt(payment, attempt, { ...found, object: found.object }, source);
    if (isFresh) return this.execute(payment, await this.recordCreation(payment, source), source);
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
    return this.settle(payment, attempt, answer, source);
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
    const after = await this.settle(payment, attempt, isRaised ? seen : answer, source);
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
    return this.settle(payment, attempt, answer, source, plan.amounts);
  }

  private recordCreation(payment: Payment, { source, sourceId }: ChangeSource): Promise<PaymentAttempt> {
    return this.attempts.insert(this.database, payment, 'create', sourceId ?? source);
  }

  /** Records a call about an existing intent, and lets the completer look after it should this process die before the answer is applied. */
  private async recordOperation(payment: Payment, operation: AttemptOperation, source: ChangeSource): Promise<PaymentAttempt> {
    const attempt = await this.database.transaction(async (transaction) => {
      await this.payments.watch(transaction, payment);
      return this.attempts.insert(transaction, payment, operation, source.sourceId ?? source.source);
    });
    crashPoint('after_operation_recorded');
    return attempt;
  }

  /** Commits the intent's id together with the attempt that will confirm it: from here on, money moves only on an object we know. */
  private async adopt(
    payment: Payment,
    attempt: PaymentAttempt | null,
    answer: GatewayAnswer<GatewayPayment> & { outcome: 'succeeded' },
    source: ChangeSource,
  ): Promise<Payment> {
    const { gatewayId } = answer.object;
    const { adopted, confirmation } = await this.database.transaction(async (transaction) => {
      if (attempt) await this.attempts.finish(transaction, attempt, answer);
      return {
        adopted: await this.transitions.amend(transaction, payment, { stripePaymentIntentId: gatewayId }, source),
        confirmation: await this.attempts.insert(transaction, payment, 'confirm', source.sourceId ?? source.source),
      };
    });
    // Somebody else took the payment on meanwhile, or an analyst or the client ended it: the row decides, not this call.
    if (adopted.status !== 'processing' || adopted.stripePaymentIntentId !== gatewayId) return adopted;
    return this.confirm(adopted, gatewayId, confirmation, source);
  }

  private async confirm(payment: Payment, gatewayId: string, attempt: PaymentAttempt, source: ChangeSource): Promise<Payment> {
    crashPoint('after_intent_adopted');
    const answer = await this.calls.confirm(payment, gatewayId, attempt.stripeIdempotencyKey);
    crashPoint('after_confirmed');
    return this.settle(payment, attempt, answer, source);
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

  private async resumeIntent(payment: Payment, gatewayId: string, source: ChangeSource): Promise<Payment> {
    const answer = await this.calls.retrieve(gatewayId);
    if (answer.outcome !== 'succeeded') return this.postpone(payment, source);
    await this.attempts.closeOpen(this.database, payment.id);
    if (payment.status !== 'processing' || answer.object.status !== 'requires_confirmation') {
      return (await this.transitions.applySnapshot(this.database, payment, answer.object, 'snapshot', source)).payment;
    }
    const latest = await this.attempts.findLatest(this.database, payment.id, 'confirm');
    if (latest && !this.isResendable(latest)) return this.cancel(payment, source);
    // An intent can succeed only once, so another key is safe where the old one would replay a stored 500.
    const attempt =
      latest && !isStoredError(latest)
        ? latest
        : await this.attempts.insert(this.database, payment, 'confirm', source.sourceId ?? source.source);
    return this.confirm(payment, gatewayId, attempt, source);
  }

  /** Records what came of a call and brings the payment in line with it. */
  private async settle(
    payment: Payment,
    attempt: PaymentAttempt,
    answer: GatewayAnswer<GatewayPayment>,
    source: ChangeSource,
    amounts: CapturePlan['amounts'] = null,
  ): Promise<Payment> {
    if (attempt.operation !== 'create' && attempt.operation !== 'confirm') crashPoint('after_operation_sent');
    const settled = await this.applyAnswer(payment, attempt, answer, source, amounts);
    crashPoint('after_settled');
    return settled;
  }

  private async applyAnswer(
    payment: Payment,
    attempt: PaymentAttempt,
    answer: GatewayAnswer<GatewayPayment>,
    source: ChangeSource,
    amounts: CapturePlan['amounts'],
  ): Promise<Payment> {
    return this.database.transaction(async (transaction) => {
      await this.attempts.finish(transaction, attempt, answer);
      switch (answer.outcome) {
        case 'succeeded': {
          const { payment: after } = await this.transitions.applySnapshot(transaction, payment, answer.object, 'snapshot', source);
          const isTipChanged = amounts !== null && amounts.tipMinor !== after.tipMinor && after.status === 'succeeded';
          return isTipChanged ? this.transitions.amend(transaction, after, amounts, source) : after;
        }
        case 'declined':
        case 'failed':
          if (answer.object?.status === 'requires_confirmation') return this.refuse(transaction, payment, attempt, answer, source);
          if (answer.object) return (await this.transitions.applySnapshot(transaction, payment, answer.object, 'snapshot', source)).payment;
          return this.refuse(transaction, payment, attempt, answer, source);
        case 'not_sent': {
          // Nothing happened at the processor: a payment on its way goes back to where its client may send it again.
          const wish = { to: 'requires_confirmation', by: source.source === 'completer' ? 'completer' : 'client' } as const;
          return payment.status === 'processing'
            ? ((await this.transitions.move(transaction, payment, wish, {}, source)) ?? payment)
            : payment;
        }
        case 'unknown':
          return this.transitions.amend(transaction, payment, { ...this.asUnknown(payment, 0), checkCount: 0 }, source);
        default:
          return assertNever(answer, 'gateway answer');
      }
    });
  }

  /** The processor refused the call itself. Without an intent there is nothing to wait for. Of another's intent it says nothing. */
  private async refuse(
    transaction: Parameters<Parameters<Database['transaction']>[0]>[0],
    payment: Payment,
    attempt: PaymentAttempt,
    answer: GatewayAnswer<GatewayPayment> & { outcome: 'declined' | 'failed' },
    source: ChangeSource,
  ): Promise<Payment> {
    if (attempt.operation !== 'create' && attempt.operation !== 'confirm') return payment;
    const decline =
      answer.outcome === 'declined' ? answer.decline : { code: answer.code, declineCode: null, advice: null, message: answer.message };
    // An intent that was not even tried takes another method.
    const to = attempt.operation === 'create' ? 'canceled' : 'requires_payment_method';
    return (await this.transitions.move(transaction, payment, { to, by: 'gateway' }, { lastError: decline }, source)) ?? payment;
  }

  private postpone(payment: Payment, source: ChangeSource): Promise<Payment> {
    if (payment.outcomeCertainty === 'unknown') return Promise.resolve(payment);
    return this.transitions.amend(this.database, payment, this.asUnknown(payment, payment.checkCount), source);
  }

  private asUnknown(payment: Payment, checkCount: number): Pick<Payment, 'outcomeCertainty' | 'nextCheckAt'> {
    const outcomeCertainty = 'unknown';
    return { outcomeCertainty, nextCheckAt: this.transitions.nextCheckAt({ ...payment, outcomeCertainty }, checkCount) };
  }

  private isResendable(attempt: PaymentAttempt): boolean {
    return this.clock.now().getTime() - attempt.startedAt.getTime() < RESEND_WINDOW_MS;
  }
}

/** Whether Stripe has stored a 5xx under the attempt's key, which it replays for as long as it keeps the key. */
function isStoredError(attempt: PaymentAttempt): boolean {
  return attempt.outcome === 'unknown' && (attempt.httpStatus ?? 0) >= 500;
}
