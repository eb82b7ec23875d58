import { Injectable } from '@nestjs/common';
import { assert } from '#kernel';
import { crashPoint, Database, type Queryable } from '#platform';
import { awaitsOwner } from './domain/payment-status.js';
import { type CreatePaymentDto } from './dto/create-payment.dto.js';
import { paymentResponseOf } from './dto/payment.response.js';
import { PaymentAdmission } from './payment-admission.js';
import { PaymentAttemptsRepository, type PlannedAttempt } from './payment-attempts.repository.js';
import { PaymentCalls } from './payment-calls.js';
import { type PaymentDraft, PaymentDrafts } from './payment-drafts.js';
import { PaymentQueueRepository } from './payment-queue.repository.js';
import { PaymentTransitions } from './payment-transitions.js';
import { type Payment, type PaymentCaller, sourceOf } from './payment.js';
import {
  GatewayRefusedError,
  GatewayUnavailableError,
  PaymentBusyError,
  PaymentDeclinedError,
  PaymentStateError,
} from './payments.errors.js';
import { PaymentsRepository } from './payments.repository.js';
import { SavedMethodNotFoundError } from './saved-methods/saved-methods.errors.js';
import { SpendingLimitsService } from './limits/spending-limits.service.js';

/** With what a payment is tried once more. */
export interface RetryWish {
  readonly paymentMethod: string;
  readonly returnUrl: string | null;
  readonly isOffSession: boolean;
}

/** A payment on its way once more; `attempt` when it is to be confirmed, null when the fraud rules hold or block it. */
export interface StartedRetry {
  readonly payment: Payment;
  readonly attempt: PlannedAttempt | null;
}

/** The transaction of another attempt: reservations, assessment, the new method and the attempt commit together or not at all. */
@Injectable()
export class RetryRecords {
  constructor(
    private readonly limits: SpendingLimitsService,
    private readonly admission: PaymentAdmission,
    private readonly payments: PaymentsRepository,
    private readonly transitions: PaymentTransitions,
    private readonly attempts: PaymentAttemptsRepository,
  ) {}

  /** @throws PaymentStateError when it has moved on meanwhile @throws PolicyViolationError when a limit has no room now */
  async record(
    transaction: Queryable,
    caller: PaymentCaller,
    { paymentId, draft, wish }: { readonly paymentId: string; readonly draft: PaymentDraft; readonly wish: RetryWish },
  ): Promise<StartedRetry> {
    const source = sourceOf(caller);
    const payment = await this.payments.lock(transaction, paymentId);
    assert(payment, 'payments are never deleted');
    requireDeclined(payment);
    // Released by the decline, perhaps on another day: what it takes now is reserved anew, once.
    await this.limits.forget(transaction, payment.id);
    const { assessment } = await this.admission.admit(transaction, caller, draft, payment.id);
    const renewed = await this.payments.replaceMethod(transaction, payment, {
      ...wish,
      riskScore: assessment.score,
      riskLevel: assessment.level,
      riskDecision: assessment.decision,
    });
    // Every attempt, the second as the first, begins where only the rules let it pass.
    const ready = await this.transitions.move(
      transaction,
      renewed,
      { to: 'requires_confirmation', by: 'client' },
      { lastError: null, nextAction: null },
      source,
    );
    assert(ready, 'a locked payment that was declined may be tried again');
    const to = assessment.decision === 'block' ? 'blocked' : assessment.decision === 'review' ? 'in_review' : 'processing';
    const moved = await this.transitions.move(transaction, ready, { to, by: 'client' }, {}, source);
    assert(moved, 'a payment that is ready may be sent, held or blocked');
    if (to !== 'processing') return { payment: moved, attempt: null };
    await this.payments.watch(transaction, moved);
    return { payment: moved, attempt: await this.attempts.insert(transaction, moved, 'confirm', caller.actorId) };
  }
}

/**
 * Starts another attempt at a payment whose last one was declined, or needs its owner: the same payment, the same intent, and so at most one charge.
 *
 * | step | committed before it | after a crash behind it |
 * | --- | --- | --- |
 * | judge it by the rules of its business type | | nothing has happened |
 * | take the payment, so that no other request undoes what this one begins; give the intent the method, unconfirmed | | the payment still waits for a method, and any may follow |
 * | reserve its limits, assess it again, record the attempt that confirms it | | the completer looks at the intent: unconfirmed it is confirmed |
 * | confirm it: money moves | the attempt with its key | look at the intent |
 */
@Injectable()
export class PaymentRetries {
  constructor(
    private readonly database: Database,
    private readonly drafts: PaymentDrafts,
    private readonly calls: PaymentCalls,
    private readonly queue: PaymentQueueRepository,
    private readonly records: RetryRecords,
  ) {}

  /**
   * Takes a payment from its decline to just before its next confirmation.
   *
   * @param claim - Runs first in the transaction that records the attempt; false when somebody else has the request, and nothing is written.
   * @returns null when `claim` was refused.
   * @throws PaymentStateError unless it `requires_payment_method` or awaits its owner @throws the refusals of {@link PaymentDrafts.draft} @throws PolicyViolationError
   * @throws PaymentBusyError @throws GatewayRefusedError @throws PaymentDeclinedError @throws GatewayUnavailableError
   */
  async start(
    caller: PaymentCaller,
    payment: Payment,
    wish: RetryWish,
    claim: (transaction: Queryable) => Promise<boolean>,
  ): Promise<StartedRetry | null> {
    requireDeclined(payment);
    const draft = await this.drafts.draft(caller, requestOf(payment, wish));
    // What another customer saved does not pay for this one, and a payment of nobody stays nobody's.
    if (draft.payer.customerId !== payment.customerId) throw new SavedMethodNotFoundError('paymentMethod');
    if (!(await this.queue.takeAtRest(payment))) throw new PaymentBusyError(paymentResponseOf(payment));
    let started: StartedRetry | null = null;
    try {
      await this.prepare(caller, payment, wish);
      crashPoint('after_intent_prepared');
      started = await this.database.transaction(async (transaction) =>
        (await claim(transaction)) ? this.records.record(transaction, caller, { paymentId: payment.id, draft, wish }) : null,
      );
      return started;
    } finally {
      // It rests as before, and whoever comes next need not wait.
      if (started === null) await this.queue.scheduleCheck(payment, null);
    }
  }

  /** Ties the method to the intent, so that a look at it tells an attempt that was never made from one that was declined. */
  private async prepare(caller: PaymentCaller, payment: Payment, wish: RetryWish): Promise<void> {
    const answer = await this.calls.prepare(payment, wish.paymentMethod);
    const response = paymentResponseOf(payment);
    switch (answer.outcome) {
      case 'succeeded':
        return;
      case 'declined':
        throw new PaymentDeclinedError(answer.decline, caller.deviceId !== null, response);
      case 'failed':
        throw new GatewayRefusedError(answer.code, response);
      case 'not_sent':
        throw new GatewayUnavailableError(answer.retryAfterSeconds, response);
      case 'unknown':
        throw new GatewayUnavailableError(2, response);
    }
  }
}

function requireDeclined(payment: Payment): void {
  if (payment.status !== 'requires_payment_method' && !awaitsOwner(payment))
    throw new PaymentStateError('confirmed', paymentResponseOf(payment));
}

/** The request that would make this payment now: the rules judge it as they judged the first. */
function requestOf(payment: Payment, wish: RetryWish): CreatePaymentDto {
  return {
    amount: payment.amountMinor,
    currency: payment.currency,
    deviceId: payment.deviceId,
    paymentMethod: wish.paymentMethod,
    offSession: wish.isOffSession,
    method: payment.method,
    businessType: payment.businessType,
    captureMethod: payment.captureMethod,
    ...(payment.tipMinor === 0 ? {} : { tipAmount: payment.tipMinor }),
    ...(payment.taxMinor === 0 ? {} : { taxAmount: payment.taxMinor }),
    ...(payment.customerId === null ? {} : { customerId: payment.customerId }),
  };
}
