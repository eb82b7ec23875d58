import { randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DAY_MS, type DomainError, MINUTE_MS, newId } from '#kernel';
import { DEFAULT_PROFILES, MerchantsService, type RetryPolicy } from '#merchants';
import { Database, type Queryable } from '#platform';
import { awaitsOwner } from '../domain/payment-status.js';
import { type CancelReason, decidePeriod, givesUpAt, type PeriodDecision } from '../domain/subscription-rules.js';
import { type Payment } from '../payment.js';
import { PaymentsRepository } from '../payments.repository.js';
import { type Subscription, type SubscriptionPeriod } from './subscription.js';
import { SubscriptionPeriodsRepository } from './subscription-periods.repository.js';
import { SubscriptionsRepository } from './subscriptions.repository.js';

const SOURCE = 'system:subscriptions';
const JITTER_STEPS = 10_000;
/** Until a payment is sent again that the processor did not take. */
const NOT_SENT_DELAY_MS = 5 * MINUTE_MS;

/** A period's payment with all that decides about it. */
interface Standing {
  readonly subscription: Subscription;
  readonly period: SubscriptionPeriod;
  readonly payment: Payment;
  readonly now: Date;
  readonly policy: RetryPolicy;
}

/** Passes on to a subscription what became of its period's payment. The subscription's row is locked; `domain/subscription-rules.ts` decides. */
@Injectable()
export class SubscriptionSettlement {
  constructor(
    private readonly database: Database,
    private readonly subscriptions: SubscriptionsRepository,
    private readonly periods: SubscriptionPeriodsRepository,
    private readonly payments: PaymentsRepository,
    private readonly merchants: MerchantsService,
  ) {}

  /** Takes the news of an open period in, once; without news nothing changes. */
  async settle(subscriptionId: string): Promise<void> {
    const { merchantId } = await this.subscriptions.get(this.database, subscriptionId);
    const policy = await this.policyOf(merchantId);
    await this.database.transaction(async (transaction) => {
      const subscription = await this.subscriptions.lock(transaction, subscriptionId);
      const period = await this.periods.findOpen(transaction, subscriptionId);
      if (!period) return;
      if (subscription.status === 'canceled') return this.periods.change(transaction, period, { status: 'closing' });
      // Not locked: whoever changes it next brings news of its own.
      const payment = await this.payments.findAny(transaction, period.paymentId);
      if (!payment) return;
      const now = await this.periods.now(transaction);
      const standing = { subscription, period, payment, now, policy };
      await this.apply(transaction, standing, await this.decide(transaction, standing));
    });
  }

  /** A payment could not even be made: the rules forbid it, or the method is gone. The customer is asked, and it is tried each day. */
  async refuse(subscriptionId: string, error: DomainError): Promise<void> {
    const { merchantId } = await this.subscriptions.get(this.database, subscriptionId);
    const policy = await this.policyOf(merchantId);
    await this.database.transaction(async (transaction) => {
      const subscription = await this.subscriptions.lock(transaction, subscriptionId);
      const period = await this.periods.findOpen(transaction, subscriptionId);
      if (!period || subscription.status === 'canceled') return;
      const now = await this.periods.now(transaction);
      const lastError = { code: error.code, declineCode: null, advice: null, message: error.message };
      const until = period.givesUpAt ?? givesUpAt(now, policy);
      if (period.index === 0 || now >= until) {
        const reason = period.index === 0 ? 'payment_declined' : 'no_answer';
        await this.end(transaction, { ...subscription, lastError }, { ...period, nextTryAt: null }, { reason, now, source: SOURCE });
        return;
      }
      await this.periods.change(transaction, period, { nextTryAt: new Date(now.getTime() + DAY_MS), givesUpAt: until });
      const details = { periodIndex: period.index, paymentId: null, declineCode: error.code, until: until.toISOString() };
      await this.subscriptions.change(
        transaction,
        subscription,
        { status: 'past_due', lastError },
        { type: 'action_required', details, source: SOURCE },
      );
    });
  }

  /** Ends a locked subscription; the payment of its open period is called off afterwards. */
  async end(
    transaction: Queryable,
    subscription: Subscription,
    open: SubscriptionPeriod | null,
    { reason, now, source }: { readonly reason: CancelReason; readonly now: Date; readonly source: string },
  ): Promise<Subscription> {
    if (open) {
      // A payment that is not there may be on its way to be: then the lease of whoever makes it is waited for.
      const isMade = (await this.payments.findAny(transaction, open.paymentId)) !== null;
      await this.periods.change(transaction, open, { status: 'closing', givesUpAt: null, ...(isMade ? { nextTryAt: null } : {}) });
    }
    const change = {
      status: 'canceled',
      cancelReason: reason,
      canceledAt: now,
      isEnding: false,
      lastError: subscription.lastError,
    } as const;
    const details = { reason, paymentId: open?.paymentId ?? null };
    return this.subscriptions.change(transaction, subscription, change, { type: 'canceled', details, source });
  }

  private async decide(transaction: Queryable, { period, payment, now, policy }: Standing): Promise<PeriodDecision> {
    const { lastError } = payment;
    return decidePeriod(
      {
        isFirst: period.index === 0,
        paymentStatus: payment.status,
        awaitsOwner: awaitsOwner(payment),
        decline: lastError && { declineCode: lastError.declineCode ?? lastError.code, adviceCode: lastError.advice },
        restedAt: payment.updatedAt,
        retriesMade: period.retryCount,
        paymentsMade: period.paymentCount,
        canceledBy: payment.status === 'canceled' ? await this.periods.lastSourceOf(transaction, payment.id) : null,
        givesUpAt: period.givesUpAt,
        now,
        jitter: randomInt(JITTER_STEPS),
      },
      policy,
    );
  }

  private async apply(transaction: Queryable, standing: Standing, decision: PeriodDecision): Promise<void> {
    const { subscription, period, payment, now } = standing;
    const seenVersion = payment.version;
    switch (decision.kind) {
      case 'wait': {
        const isUnsent = payment.status === 'requires_confirmation';
        const nextTryAt = isUnsent ? new Date(now.getTime() + NOT_SENT_DELAY_MS) : null;
        return this.periods.change(transaction, period, { nextTryAt, seenVersion });
      }
      case 'paid':
      case 'forgive':
        return this.close(transaction, standing, decision.kind);
      case 'retry': {
        await this.periods.change(transaction, period, { nextTryAt: decision.at, seenVersion });
        return this.fallDue(transaction, standing, 'past_due', { nextTryAt: decision.at.toISOString() });
      }
      case 'ask': {
        const isKnown = period.givesUpAt !== null && period.seenVersion === seenVersion;
        await this.periods.change(transaction, period, { nextTryAt: null, givesUpAt: decision.until, seenVersion });
        if (isKnown) return;
        const details = { needsAuthentication: decision.isAuthentication, until: decision.until.toISOString() };
        return this.fallDue(transaction, standing, 'action_required', details);
      }
      case 'replace':
        return this.periods.change(transaction, period, {
          paymentId: newId('payment'),
          paymentCount: period.paymentCount + 1,
          nextTryAt: now,
          seenVersion: null,
        });
      case 'end':
        await this.end(transaction, { ...subscription, lastError: payment.lastError }, period, {
          reason: decision.reason,
          now,
          source: SOURCE,
        });
    }
  }

  private async close(transaction: Queryable, { subscription, period, payment }: Standing, how: 'paid' | 'forgive'): Promise<void> {
    const status = how === 'paid' ? 'paid' : 'unpaid';
    await this.periods.change(transaction, period, { status, nextTryAt: null, givesUpAt: null, seenVersion: payment.version });
    const type = how === 'forgive' ? 'period_forgiven' : period.index === 0 ? 'activated' : 'renewed';
    await this.subscriptions.change(
      transaction,
      subscription,
      { status: subscription.status === 'paused' ? 'paused' : 'active', lastError: null },
      { type, details: { periodIndex: period.index, paymentId: payment.id }, source: SOURCE },
    );
  }

  private async fallDue(
    transaction: Queryable,
    { subscription, period, payment }: Standing,
    type: 'past_due' | 'action_required',
    more: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const { lastError } = payment;
    const details = {
      periodIndex: period.index,
      paymentId: payment.id,
      declineCode: lastError?.declineCode ?? lastError?.code ?? null,
      ...more,
    };
    await this.subscriptions.change(transaction, subscription, { status: 'past_due', lastError }, { type, details, source: SOURCE });
  }

  private async policyOf(merchantId: string): Promise<RetryPolicy> {
    const { profiles } = await this.merchants.getContext(merchantId);
    // What was sold stays sold when its business type is switched off for new payments.
    return (profiles.subscription?.profile ?? DEFAULT_PROFILES.subscription).retry;
  }
}
