import { Injectable } from '@nestjs/common';
import { newId } from '#kernel';
import { type AttemptAssessment, FraudService } from '#fraud';
import { Database, type Queryable } from '#platform';
import { CustomersRepository } from './customers.repository.js';
import { type PaymentStatus } from './domain/payment-status.js';
import { IdempotencyKeys, REQUEST_LEASE_SECONDS } from './idempotency.js';
import { answerOf } from './payment-answer.js';
import { type PaymentAttempt, PaymentAttemptsRepository } from './payment-attempts.repository.js';
import { type PaymentDraft } from './payment-drafts.js';
import { type ChangeSource, type Payment, type PaymentCaller } from './payment.js';
import { PaymentsRepository } from './payments.repository.js';

/** A payment that exists from now on; `attempt` when it is to be sent to the processor. */
export interface RecordedPayment {
  readonly payment: Payment;
  readonly attempt: PaymentAttempt | null;
}

/** The first transaction of a payment: its idempotency key, customer, assessment, row and first attempt commit together or not at all. */
@Injectable()
export class PaymentRecorder {
  constructor(
    private readonly database: Database,
    private readonly idempotency: IdempotencyKeys,
    private readonly customers: CustomersRepository,
    private readonly fraud: FraudService,
    private readonly payments: PaymentsRepository,
    private readonly attempts: PaymentAttemptsRepository,
  ) {}

  /** @returns null when another request has the key; nothing is written then. */
  async record(
    caller: PaymentCaller,
    key: { readonly key: string; readonly requestHash: Buffer },
    draft: PaymentDraft,
  ): Promise<RecordedPayment | null> {
    const id = newId('payment');
    return this.database.transaction(async (transaction) => {
      if (!(await this.idempotency.claim(transaction, caller, key.key, key.requestHash, id))) return null;
      const customerId = await this.customerOf(transaction, caller, draft);
      const assessment = await this.assess(transaction, caller, draft, { paymentId: id, customerId });
      const status = statusAfter(assessment);
      const payment = await this.insert(transaction, caller, draft, { id, customerId, assessment, status });
      if (status === 'processing') return { payment, attempt: await this.attempts.insert(transaction, payment, 'create', caller.actorId) };
      await this.idempotency.finish(transaction, caller, key.key, answerOf(payment, caller.requestId));
      return { payment, attempt: null };
    });
  }

  private async customerOf(transaction: Queryable, caller: PaymentCaller, { request }: PaymentDraft): Promise<string | null> {
    if (request.customerId !== undefined) return request.customerId;
    return request.customerEmail === undefined ? null : this.customers.getOrCreate(transaction, caller, request.customerEmail);
  }

  private assess(
    transaction: Queryable,
    caller: PaymentCaller,
    draft: PaymentDraft,
    ids: { paymentId: string; customerId: string | null },
  ): Promise<AttemptAssessment> {
    const { request, device } = draft;
    return this.fraud.assess(transaction, {
      paymentId: ids.paymentId,
      merchantId: caller.merchantId,
      livemode: caller.livemode,
      amount: draft.amount,
      businessType: draft.businessType,
      method: request.method ?? 'card',
      timeZone: draft.timeZone,
      device: {
        id: device.id,
        registeredAt: device.registeredAt,
        status: device.status,
        capabilityCount: device.capabilities.length,
        fingerprintMatches: null,
        isAutomationAuthorised: device.isAuthorisedForAutomatedPayments,
      },
      // Test tokens stand for a kind of card, not for one card: counting under them would make one card of everybody's.
      card: /^pm_card_/.test(request.paymentMethod) ? null : request.paymentMethod,
      customerId: ids.customerId,
      email: request.customerEmail ?? null,
      // The address of the payer's own device; behind a merchant's key it would be the merchant's server, the same for everybody.
      ip: caller.deviceId === null ? null : caller.ip,
      location: request.location ?? null,
    });
  }

  private insert(
    transaction: Queryable,
    caller: PaymentCaller,
    draft: PaymentDraft,
    decided: { id: string; customerId: string | null; assessment: AttemptAssessment; status: PaymentStatus },
  ): Promise<Payment> {
    const { request, amount, device, profile } = draft;
    const source: ChangeSource = { source: 'api', sourceId: caller.requestId };
    return this.payments.insert(
      transaction,
      {
        id: decided.id,
        merchantId: caller.merchantId,
        livemode: caller.livemode,
        status: decided.status,
        amountMinor: amount.amountMinor,
        tipMinor: request.tipAmount ?? 0,
        taxMinor: request.taxAmount ?? 0,
        currency: amount.currency,
        deviceId: device.id,
        customerId: decided.customerId,
        businessType: draft.businessType,
        profileVersion: draft.profileVersion,
        method: request.method ?? 'card',
        paymentMethod: request.paymentMethod,
        captureMethod: request.captureMethod ?? profile.captureMethod,
        description: request.description ?? null,
        metadata: request.metadata ?? {},
        returnUrl: request.returnUrl ?? null,
        riskScore: decided.assessment.score,
        riskLevel: decided.assessment.level,
        riskDecision: decided.assessment.decision,
        location: request.location ?? null,
        ip: caller.ip,
        // Should this process die now, the completer takes over once the request's own lease has run out.
        checkAfterSeconds: decided.status === 'processing' ? REQUEST_LEASE_SECONDS : null,
      },
      source,
    );
  }
}

function statusAfter(assessment: AttemptAssessment): PaymentStatus {
  switch (assessment.decision) {
    case 'block':
      return 'blocked';
    case 'review':
      return 'in_review';
    case 'allow':
      return 'processing';
  }
}
