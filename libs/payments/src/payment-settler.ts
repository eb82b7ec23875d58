import { Injectable } from '@nestjs/common';
import { assertNever, Clock, HOUR_MS } from '#kernel';
import { crashPoint, Database, type Queryable } from '#platform';
import { type CapturePlan } from './domain/capture-plan.js';
import { type OpenRequest } from './payment-answer.js';
import {
  type EndedAttempt,
  type PaymentAttempt,
  PaymentAttemptsRepository,
  planAttempt,
  type PlannedAttempt,
} from './payment-attempts.repository.js';
import { type GatewayAnswer, type GatewayPayment } from './payment-gateway.js';
import { PaymentTransitions } from './payment-transitions.js';
import { type ChangeSource, type Payment } from './payment.js';
import { closureOf } from './payment-writes.js';
import { PaymentsRepository } from './payments.repository.js';

/** What a payment is taken through, and the request that is answered with the change that ends it. */
export interface Course {
  readonly source: ChangeSource;
  readonly open: OpenRequest | null;
}

/** Stripe may forget an idempotency key after 24 h; nothing that moves money is sent again after this. */
const RESEND_WINDOW_MS = 23 * HOUR_MS;

/** Writes down what came of a call to the processor, and what the payment is after it. */
@Injectable()
export class PaymentSettler {
  constructor(
    private readonly database: Database,
    private readonly attempts: PaymentAttemptsRepository,
    private readonly payments: PaymentsRepository,
    private readonly transitions: PaymentTransitions,
    private readonly clock: Clock,
  ) {}

  /**
   * Commits the intent's id together with the attempt that will confirm it: from here on, money moves only on an object we know.
   *
   * @returns The payment as it is then, which may be another's doing, and the attempt.
   */
  async adopt(
    payment: Payment,
    attempt: PlannedAttempt,
    answer: GatewayAnswer<GatewayPayment> & { outcome: 'succeeded' },
    source: ChangeSource,
  ): Promise<{ readonly current: Payment; readonly confirmation: PlannedAttempt }> {
    const change = { stripePaymentIntentId: answer.object.gatewayId };
    const confirmation = planAttempt(payment, 'confirm', source.sourceId ?? source.source);
    const ended = { id: attempt.id, answer };
    const adopted = await this.payments.change(this.database, payment, change, source, { ended, planned: confirmation });
    if (adopted) return { current: adopted, confirmation };
    // The payment has changed meanwhile: by a webhook that knew the intent first, by another process, the client or an analyst.
    return this.database.transaction(async (transaction) => {
      await this.attempts.finish(transaction, attempt, answer);
      const locked = (await this.payments.lock(transaction, payment.id)) ?? payment;
      const isFree = locked.status === 'processing' && locked.stripePaymentIntentId === null;
      return {
        current: isFree ? await this.transitions.amend(transaction, locked, change, source) : locked,
        confirmation: await this.attempts.insert(transaction, payment, 'confirm', source.sourceId ?? source.source),
      };
    });
  }

  /** Records what came of a call and brings the payment in line with it. */
  async settle(
    payment: Payment,
    attempt: PlannedAttempt,
    answer: GatewayAnswer<GatewayPayment>,
    course: Course,
    amounts: CapturePlan['amounts'] = null,
  ): Promise<Payment> {
    if (attempt.operation !== 'create' && attempt.operation !== 'confirm') crashPoint('after_operation_sent');
    // An intent that was not even tried says nothing of the refusal.
    const isRefused = answer.outcome === 'failed' && answer.object?.status === 'requires_confirmation';
    const isPlain = amounts === null && answer.outcome !== 'unknown' && answer.outcome !== 'not_sent';
    const settled =
      isPlain && answer.object && !isRefused
        ? await this.applyObject(payment, { id: attempt.id, answer }, answer.object, course)
        : await this.applyAnswer(payment, attempt, answer, course, amounts);
    crashPoint('after_settled');
    return settled;
  }

  /** The usual case in one statement: the call's result, what it changes and the answer to the request. */
  private async applyObject(payment: Payment, ended: EndedAttempt, object: GatewayPayment, { source, open }: Course): Promise<Payment> {
    const applied = await this.transitions.applySnapshot(this.database, payment, object, 'snapshot', source, { ended, answered: open });
    // A webhook was faster: there was nothing to change.
    if (applied.result !== 'applied') await this.close(applied.payment, ended, open);
    return applied.payment;
  }

  /** Writes down what came of a call that changed nothing, and the answer to its request. */
  private async close(payment: Payment, ended: EndedAttempt, answered: OpenRequest | null): Promise<void> {
    const { text, values } = closureOf(payment, { ended, answered });
    await this.database.execute(text, values);
    if (answered) answered.isAnswered = true;
  }

  private async applyAnswer(
    payment: Payment,
    attempt: PlannedAttempt,
    answer: GatewayAnswer<GatewayPayment>,
    { source }: Course,
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
          if (answer.object && answer.object.status !== 'requires_confirmation')
            return (await this.transitions.applySnapshot(transaction, payment, answer.object, 'snapshot', source)).payment;
          return this.refuse(transaction, payment, attempt, answer, source);
        case 'not_sent': {
          // What an earlier call did is as unknown as before.
          if (payment.outcomeCertainty === 'unknown') {
            return this.transitions.amend(transaction, payment, this.asUnknown(payment, payment.checkCount), source);
          }
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

  /** The processor refused the call itself. Without an intent there is nothing to wait for. */
  private async refuse(
    transaction: Queryable,
    payment: Payment,
    attempt: PlannedAttempt,
    answer: GatewayAnswer<GatewayPayment> & { outcome: 'declined' | 'failed' },
    source: ChangeSource,
  ): Promise<Payment> {
    if (attempt.operation !== 'create' && attempt.operation !== 'confirm') return payment;
    // Without knowing in which state its intent is, only a look tells.
    if (attempt.operation === 'confirm' && !answer.object) return payment;
    const decline =
      answer.outcome === 'declined' ? answer.decline : { code: answer.code, declineCode: null, advice: null, message: answer.message };
    // An intent that was not even tried takes another method.
    const to = attempt.operation === 'create' ? 'canceled' : 'requires_payment_method';
    return (await this.transitions.move(transaction, payment, { to, by: 'gateway' }, { lastError: decline }, source)) ?? payment;
  }

  /** Whether the attempt's very call may still be sent again. */
  isResendable(attempt: PaymentAttempt): boolean {
    return this.clock.now().getTime() - attempt.startedAt.getTime() < RESEND_WINDOW_MS;
  }

  /** What makes a payment one whose outcome nobody knows. */
  asUnknown(payment: Payment, checkCount: number): Pick<Payment, 'outcomeCertainty' | 'nextCheckAt'> {
    const outcomeCertainty = 'unknown';
    return { outcomeCertainty, nextCheckAt: this.transitions.nextCheckAt({ ...payment, outcomeCertainty }, checkCount) };
  }
}
