import { Injectable } from '@nestjs/common';
import { DomainError } from '#kernel';
import { awaitsOwner } from '../domain/payment-status.js';
import { type CreatePaymentDto } from '../dto/create-payment.dto.js';
import { PaymentExecutor } from '../payment-executor.js';
import { PaymentRetries } from '../payment-retries.js';
import { type Payment, type PaymentCaller, sourceOf } from '../payment.js';
import { IdempotencyInProgressError, PaymentBusyError, PaymentStateError } from '../payments.errors.js';
import { PaymentsRepository } from '../payments.repository.js';
import { PaymentsService } from '../payments.service.js';
import { type Subscription, type SubscriptionPeriod } from './subscription.js';
import { SubscriptionPeriodsRepository } from './subscription-periods.repository.js';

/** What came of an attempt to charge: a refusal means that no payment was made or sent. */
export type ChargeOutcome =
  { readonly kind: 'made' } | { readonly kind: 'refused'; readonly error: DomainError } | { readonly kind: 'postponed' };

/** Charges a period through the same doors as any payment: rules, limits, fraud assessment, executor. */
@Injectable()
export class SubscriptionCharges {
  constructor(
    private readonly periods: SubscriptionPeriodsRepository,
    private readonly payments: PaymentsRepository,
    private readonly creation: PaymentsService,
    private readonly retries: PaymentRetries,
    private readonly executor: PaymentExecutor,
  ) {}

  /** Makes the payment of a claimed period, or takes it on from where it stands. Safe to repeat: the payment's id is the period's. */
  async charge(subscription: Subscription, period: SubscriptionPeriod, returnUrl: string | null = null): Promise<ChargeOutcome> {
    try {
      await this.advance(subscription, period, returnUrl);
      return { kind: 'made' };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      // Somebody else is at it, or has been: what became of it will tell.
      if (error instanceof PaymentStateError || error instanceof IdempotencyInProgressError) return { kind: 'made' };
      const isLater = error.kind === 'unavailable' || error.kind === 'rate_limited' || error instanceof PaymentBusyError;
      return isLater ? { kind: 'postponed' } : { kind: 'refused', error };
    }
  }

  /** The request of a period's payment: the first in the customer's presence, the others without them. */
  requestOf(subscription: Subscription, periodIndex: number, returnUrl: string | null): CreatePaymentDto {
    const { metadata, description } = subscription;
    return {
      amount: subscription.amountMinor,
      currency: subscription.currency,
      deviceId: subscription.deviceId,
      customerId: subscription.customerId,
      paymentMethod: subscription.paymentMethodId,
      offSession: periodIndex > 0,
      businessType: 'subscription',
      captureMethod: 'automatic',
      metadata: { ...metadata, subscription_id: subscription.id, subscription_period: String(periodIndex) },
      ...(description === null ? {} : { description }),
      ...(returnUrl === null ? {} : { returnUrl }),
    };
  }

  /** Calls a payment off whose subscription is over. @returns The payment as it is then; null when none was made. */
  async callOff(subscription: Subscription, period: SubscriptionPeriod): Promise<Payment | null> {
    const payment = await this.payments.find(callerOf(subscription), period.paymentId);
    switch (payment?.status) {
      case 'requires_payment_method':
      case 'requires_confirmation':
      case 'requires_action':
      case 'in_review':
        return this.executor.cancel(payment, { source: 'completer', sourceId: null });
      default:
        return payment;
    }
  }

  private async advance(subscription: Subscription, period: SubscriptionPeriod, returnUrl: string | null): Promise<void> {
    const caller = callerOf(subscription);
    const payment = await this.payments.find(caller, period.paymentId);
    if (!payment) {
      const request = this.requestOf(subscription, period.index, returnUrl);
      // A space: no client's key can be the same.
      await this.creation.create(caller, `period ${period.paymentId}`, request, period.paymentId);
      return;
    }
    if (payment.status === 'requires_confirmation') await this.executor.resume(payment, sourceOf(caller));
    if (payment.status !== 'requires_payment_method' && !awaitsOwner(payment)) return;
    const wish = { paymentMethod: subscription.paymentMethodId, returnUrl: null, isOffSession: true };
    // Counted in the transaction that records the attempt: not before, and not twice.
    const started = await this.retries.start(caller, payment, wish, (transaction) => this.periods.countRetry(transaction, period));
    if (started?.attempt) await this.executor.confirmAgain(started.payment, started.attempt, sourceOf(caller));
  }
}

/** A job that acts for a subscription's merchant. */
function callerOf({ id, merchantId, livemode }: Subscription): PaymentCaller {
  return { merchantId, livemode, actorId: 'system:subscriptions', deviceId: null, ip: null, requestId: id };
}
