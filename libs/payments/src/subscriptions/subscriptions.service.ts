import { Injectable } from '@nestjs/common';
import { assert, currencyCode, isCurrencyCode, isId, newId } from '#kernel';
import { Database, type Queryable } from '#platform';
import { CustomersService } from '../customers/customers.service.js';
import { periodAt, periodOf } from '../domain/billing-schedule.js';
import { type CreateSubscriptionDto } from '../dto/subscriptions.dto.js';
import { subscriptionResponseOf } from '../dto/subscription.response.js';
import { PaymentDrafts } from '../payment-drafts.js';
import { type PaymentCaller } from '../payment.js';
import { UnknownCurrencyError } from '../payments.errors.js';
import { type PageRequest } from '../payment-lists.repository.js';
import { OffSessionNotAgreedError, SavedMethodStateError } from '../saved-methods/saved-methods.errors.js';
import { SavedMethodsService } from '../saved-methods/saved-methods.service.js';
import { savedMethodResponseOf } from '../dto/saved-method.response.js';
import { scheduleOf, type Subscription, type SubscriptionStatus } from './subscription.js';
import { SubscriptionSettlement } from './subscription-settlement.js';
import {
  PaymentMethodMissingError,
  SubscriptionExistsError,
  SubscriptionNotFoundError,
  SubscriptionStateError,
} from './subscriptions.errors.js';
import { SubscriptionPeriodsRepository } from './subscription-periods.repository.js';
import { SubscriptionsRepository } from './subscriptions.repository.js';

/** What a merchant does with subscriptions that exist: look at them, and change their course. Each change is safe to repeat. */
@Injectable()
export class SubscriptionsService {
  constructor(
    private readonly database: Database,
    private readonly subscriptions: SubscriptionsRepository,
    private readonly periods: SubscriptionPeriodsRepository,
    private readonly settlement: SubscriptionSettlement,
    private readonly methods: SavedMethodsService,
  ) {}

  /** @throws SubscriptionNotFoundError also for another merchant's or mode's. */
  async get(caller: PaymentCaller, id: string): Promise<Subscription> {
    const subscription = isId('subscription', id) ? await this.subscriptions.find(caller, id) : null;
    if (!subscription) throw new SubscriptionNotFoundError();
    return subscription;
  }

  /** One page, newest first. */
  async list(
    caller: PaymentCaller,
    filter: { readonly customerId: string | null; readonly status: SubscriptionStatus | null },
    page: PageRequest,
  ): Promise<{ data: Subscription[]; hasMore: boolean }> {
    const found = await this.subscriptions.list(caller, filter, { ...page, limit: page.limit + 1 });
    return { data: found.slice(0, page.limit), hasMore: found.length > page.limit };
  }

  /** Ends it now, or with the period that is paid. What is not paid yet ends at once. @throws SubscriptionNotFoundError */
  cancel(caller: PaymentCaller, id: string, at: 'now' | 'period_end'): Promise<Subscription> {
    return this.changeLocked(caller, id, async (transaction, subscription) => {
      if (subscription.status === 'canceled') return subscription;
      const source = caller.actorId;
      if (at === 'period_end' && subscription.status === 'active') {
        if (subscription.isEnding) return subscription;
        const details = { endsAt: subscription.renewsAt.toISOString() };
        return this.subscriptions.change(transaction, subscription, { isEnding: true }, { type: 'cancel_scheduled', details, source });
      }
      const open = await this.periods.findOpen(transaction, id);
      const now = await this.periods.now(transaction);
      return this.settlement.end(transaction, subscription, open, { reason: 'requested', now, source });
    });
  }

  /** Charges nothing until it is resumed. @throws SubscriptionStateError unless it is active */
  pause(caller: PaymentCaller, id: string): Promise<Subscription> {
    return this.changeLocked(caller, id, async (transaction, subscription) => {
      if (subscription.status === 'paused') return subscription;
      if (subscription.status !== 'active') throw new SubscriptionStateError('paused', subscriptionResponseOf(subscription));
      return this.subscriptions.change(transaction, subscription, { status: 'paused' }, { type: 'paused', source: caller.actorId });
    });
  }

  /** Goes on. Periods that began during the pause are not charged; the next one is. @throws SubscriptionStateError unless it is paused */
  resume(caller: PaymentCaller, id: string): Promise<Subscription> {
    return this.changeLocked(caller, id, async (transaction, subscription) => {
      if (subscription.status === 'active') return subscription;
      if (subscription.status !== 'paused') throw new SubscriptionStateError('resumed', subscriptionResponseOf(subscription));
      const schedule = scheduleOf(subscription);
      const current = periodAt(schedule, await this.periods.now(transaction)) ?? periodOf(schedule, 0);
      const period = current.index > subscription.periodIndex ? current : periodOf(schedule, subscription.periodIndex);
      const change = { status: 'active', periodIndex: period.index, renewsAt: period.end } as const;
      const details = { periodsPaused: period.index - subscription.periodIndex };
      return this.subscriptions.change(transaction, subscription, change, { type: 'resumed', details, source: caller.actorId });
    });
  }

  /** Pays with another saved method from now on; what is due is tried with it at once. @throws SubscriptionStateError once it is canceled */
  async changeMethod(caller: PaymentCaller, id: string, methodId: string): Promise<Subscription> {
    const { customerId } = await this.get(caller, id);
    const method = await this.methods.get(caller, customerId, methodId);
    if (method.status !== 'active') throw new SavedMethodStateError('used', savedMethodResponseOf(method));
    if (method.usage !== 'off_session') throw new OffSessionNotAgreedError();
    return this.changeLocked(caller, id, async (transaction, subscription) => {
      if (subscription.paymentMethodId === methodId) return subscription;
      if (subscription.status === 'canceled') throw new SubscriptionStateError('changed', subscriptionResponseOf(subscription));
      const open = subscription.status === 'past_due' ? await this.periods.findOpen(transaction, id) : null;
      if (open) await this.periods.change(transaction, open, { nextTryAt: await this.periods.now(transaction) });
      const details = { paymentMethod: methodId };
      return this.subscriptions.change(
        transaction,
        subscription,
        { paymentMethodId: methodId },
        { type: 'payment_method_changed', details, source: caller.actorId },
      );
    });
  }

  private async changeLocked(
    caller: PaymentCaller,
    id: string,
    change: (transaction: Queryable, subscription: Subscription) => Promise<Subscription>,
  ): Promise<Subscription> {
    await this.get(caller, id);
    return this.database.transaction(async (transaction) => change(transaction, await this.subscriptions.lock(transaction, id)));
  }
}

/** What a subscription begins from: its rows, in one transaction. */
@Injectable()
export class SubscriptionRecorder {
  constructor(
    private readonly subscriptions: SubscriptionsRepository,
    private readonly periods: SubscriptionPeriodsRepository,
    private readonly customers: CustomersService,
    private readonly drafts: PaymentDrafts,
    private readonly methods: SavedMethodsService,
  ) {}

  /**
   * Finds out whether the request names existing things and its payments would obey the rules. Nothing is written.
   *
   * @throws CustomerNotFoundError @throws PaymentMethodMissingError @throws SavedMethodNotFoundError @throws OffSessionNotAgreedError
   * @throws the refusals of {@link PaymentDrafts.draft}
   */
  async prepare(
    caller: PaymentCaller,
    request: CreateSubscriptionDto,
  ): Promise<{ readonly paymentMethodId: string; readonly timeZone: string }> {
    if (!isCurrencyCode(request.currency)) throw new UnknownCurrencyError();
    const customer = await this.customers.get(caller, request.customerId, 'customerId');
    const paymentMethodId = request.paymentMethod ?? customer.defaultPaymentMethodId;
    if (paymentMethodId === null) throw new PaymentMethodMissingError();
    const { usage } = await this.methods.get(caller, customer.id, paymentMethodId, 'paymentMethod');
    // The first payment is made in the customer's presence, the others are not.
    if (usage !== 'off_session') throw new OffSessionNotAgreedError();
    const { amount, currency, deviceId, customerId } = request;
    const { seller } = await this.drafts.draft(caller, {
      amount,
      currency,
      deviceId,
      customerId,
      paymentMethod: paymentMethodId,
      businessType: 'subscription',
    });
    return { paymentMethodId, timeZone: seller.timeZone };
  }

  /** Inserts the subscription and opens its first period. @throws SubscriptionExistsError */
  async record(
    transaction: Queryable,
    caller: PaymentCaller,
    id: string,
    { request, paymentMethodId, timeZone }: { request: CreateSubscriptionDto; paymentMethodId: string; timeZone: string },
  ): Promise<Subscription> {
    const { merchantId, livemode } = caller;
    const anchorAt = await this.periods.now(transaction);
    const interval = { intervalUnit: request.interval.unit, intervalCount: request.interval.count ?? 1 };
    const { end: renewsAt } = periodOf(scheduleOf({ ...interval, anchorAt, timeZone }), 0);
    const { customerId, deviceId, plan } = request;
    const subscription = await this.subscriptions.insert(
      transaction,
      {
        id,
        merchantId,
        livemode,
        customerId,
        deviceId,
        paymentMethodId,
        plan,
        amountMinor: request.amount,
        currency: currencyCode(request.currency),
        ...interval,
        anchorAt,
        timeZone,
        description: request.description ?? null,
        metadata: request.metadata ?? {},
        renewsAt,
        createdBy: caller.actorId,
      },
      caller.actorId,
    );
    if (!subscription) {
      const existing = await this.subscriptions.findLive(transaction, { merchantId, livemode, customerId, plan });
      throw new SubscriptionExistsError(existing?.id ?? '');
    }
    const first = { subscriptionId: id, merchantId, index: 0, startsAt: anchorAt, endsAt: renewsAt, paymentId: newId('payment') };
    assert(await this.periods.open(transaction, first), 'a new subscription has no period');
    return subscription;
  }
}
