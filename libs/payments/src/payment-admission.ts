import { Injectable } from '@nestjs/common';
import { type AttemptAssessment, FraudService } from '#fraud';
import { type Queryable } from '#platform';
import { CustomersRepository } from './customers/customers.repository.js';
import { type PaymentDraft } from './payment-drafts.js';
import { type PaymentCaller } from './payment.js';
import { SpendingLimitsService } from './limits/spending-limits.service.js';

/** What was decided about a payment before it is recorded. */
export interface Admission {
  readonly customerId: string | null;
  readonly assessment: AttemptAssessment;
}

/**
 * What a payment must pass inside the transaction that records it, because others may be asking for the same at the same moment: the room of
 * its spending limits and the judgement of the fraud rules. Locks are taken in this order by everybody: customer, limits, device and card.
 */
@Injectable()
export class PaymentAdmission {
  constructor(
    private readonly customers: CustomersRepository,
    private readonly limits: SpendingLimitsService,
    private readonly fraud: FraudService,
  ) {}

  /** @throws PolicyViolationError when a limit has no room. */
  async admit(transaction: Queryable, caller: PaymentCaller, draft: PaymentDraft, paymentId: string): Promise<Admission> {
    const customerId = await this.customerOf(transaction, caller, draft);
    // In one message as far as neither needs an answer: the order in which they ask is the order of the locks.
    const [reserved, assessed] = await Promise.allSettled([
      this.limits.reserve(transaction, caller, draft, { paymentId, customerId }),
      this.assess(transaction, caller, draft, { paymentId, customerId }),
    ]);
    if (reserved.status === 'rejected') throw reserved.reason;
    if (assessed.status === 'rejected') throw assessed.reason;
    return { customerId, assessment: assessed.value };
  }

  private async customerOf(transaction: Queryable, caller: PaymentCaller, { request, payer }: PaymentDraft): Promise<string | null> {
    if (payer.customerId !== null) return payer.customerId;
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
      method: draft.method,
      timeZone: draft.seller.timeZone,
      // Its failure policy and review rule are the merchant's.
      profile: draft.profile,
      device: {
        id: device.id,
        registeredAt: device.registeredAt,
        status: device.status,
        capabilityCount: device.capabilities.length,
        fingerprintMatches: request.deviceFingerprint === undefined ? null : request.deviceFingerprint === device.fingerprint,
        isAutomationAuthorised: device.isAuthorisedForAutomatedPayments,
      },
      card: draft.payer.card,
      customerId: ids.customerId,
      email: draft.payer.email,
      // The address of the payer's own device; behind a merchant's key it would be the merchant's server, the same for everybody.
      ip: caller.deviceId === null ? null : caller.ip,
      location: request.location ?? null,
      countries: {
        ip: caller.deviceId === null ? null : (caller.ipCountry ?? null),
        card: draft.payer.cardCountry,
        device: device.country,
      },
      mode: draft.areFraudDecisionsEnforced ? 'enforce' : 'shadow',
    });
  }
}
