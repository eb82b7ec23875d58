import { Injectable } from '@nestjs/common';
import { type AttemptAssessment } from '#fraud';
import { AppConfig, Database, type Queryable } from '#platform';
import { type PaymentStatus } from './domain/payment-status.js';
import { mustAccumulate } from './domain/processor-minimum.js';
import { IdempotencyKeys, type IdempotentRequest, isKeyTaken } from './idempotency.js';
import { answerOf, audienceOf } from './payment-answer.js';
import { type Admission, PaymentAdmission } from './payment-admission.js';
import { planAttempt, type PlannedAttempt } from './payment-attempts.repository.js';
import { type PaymentDraft } from './payment-drafts.js';
import { type ChangeSource, type Payment, type PaymentCaller } from './payment.js';
import { PaymentsRepository } from './payments.repository.js';

/** A payment that exists from now on; `attempt` when it is to be sent to the processor. */
export interface RecordedPayment {
  readonly payment: Payment;
  readonly attempt: PlannedAttempt | null;
}

/** The first transaction of a payment: its idempotency key, customer, reservations, assessment, row and first attempt commit together or not at all. */
@Injectable()
export class PaymentRecorder {
  constructor(
    private readonly database: Database,
    private readonly idempotency: IdempotencyKeys,
    private readonly admission: PaymentAdmission,
    private readonly payments: PaymentsRepository,
    private readonly config: AppConfig,
  ) {}

  /** @returns null when another request has the key; nothing is written then. */
  async record(caller: PaymentCaller, key: IdempotentRequest, draft: PaymentDraft, id: string): Promise<RecordedPayment | null> {
    try {
      return await this.recordOnce(caller, key, draft, id);
    } catch (error) {
      if (isKeyTaken(error)) return null;
      throw error;
    }
  }

  private recordOnce(caller: PaymentCaller, key: IdempotentRequest, draft: PaymentDraft, id: string): Promise<RecordedPayment> {
    return this.database.transaction(async (transaction) => {
      await this.idempotency.claimAlong(transaction, caller, key, id);
      const admission = await this.admission.admit(transaction, caller, draft, id);
      const status = statusAfter(admission.assessment, draft);
      const attempt = status === 'processing' ? planAttempt(caller, 'create', caller.actorId) : null;
      const payment = await this.insert(transaction, caller, draft, { ...admission, id, status, attempt });
      if (attempt) return { payment, attempt };
      const answer = answerOf(payment, audienceOf(caller, draft.seller));
      await this.idempotency.finish(caller, key.key, answer, transaction);
      return { payment, attempt: null };
    });
  }

  private insert(
    transaction: Queryable,
    caller: PaymentCaller,
    draft: PaymentDraft,
    decided: Admission & { readonly id: string; readonly status: PaymentStatus; readonly attempt: PlannedAttempt | null },
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
        deviceType: device.type,
        customerId: decided.customerId,
        businessType: draft.businessType,
        profileVersion: draft.profileVersion,
        method: draft.method,
        paymentMethod: request.paymentMethod,
        isOffSession: request.offSession ?? false,
        captureMethod: draft.captureMethod,
        isIncreasable: draft.captureMethod === 'manual' && profile.tip?.isAdjustableUntilCapture === true,
        description: draft.description,
        metadata: request.metadata ?? {},
        returnUrl: request.returnUrl ?? null,
        riskScore: decided.assessment.score,
        riskLevel: decided.assessment.level,
        riskDecision: decided.assessment.decision,
        location: request.location ?? null,
        ip: caller.ip,
        // Should this process die now, the completer takes over once the request's own lease has run out.
        checkAfterSeconds: decided.status === 'processing' ? this.config.payments.requestLeaseSeconds : null,
      },
      source,
      decided.attempt === null ? {} : { planned: decided.attempt },
    );
  }
}

function statusAfter(assessment: AttemptAssessment, { amount, profile }: PaymentDraft): PaymentStatus {
  switch (assessment.decision) {
    case 'block':
      return 'blocked';
    case 'review':
      return 'in_review';
    case 'allow':
      return mustAccumulate(amount, profile) ? 'accumulating' : 'processing';
  }
}
