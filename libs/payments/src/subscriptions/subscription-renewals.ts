import { Injectable, Logger } from '@nestjs/common';
import { newId } from '#kernel';
import { crashPoint, Database } from '#platform';
import { dueRenewal, periodOf } from '../domain/billing-schedule.js';
import { scheduleOf, type Subscription, type SubscriptionPeriod } from './subscription.js';
import { SubscriptionCharges } from './subscription-charges.js';
import { SubscriptionSettlement } from './subscription-settlement.js';
import { SubscriptionPeriodsRepository } from './subscription-periods.repository.js';
import { SubscriptionsRepository } from './subscriptions.repository.js';

const SOURCE = 'system:subscriptions';
const BATCH_SIZE = 10;
/** Longer than a payment takes: create, confirm and what lies between. */
const LEASE_SECONDS = 60;
/** Until a charge is tried again that could not be made now. */
const POSTPONE_SECONDS = 300;

/**
 * Renews subscriptions.
 *
 * | step | what makes it happen once |
 * | --- | --- |
 * | open the period that has begun, with the id of its payment | the subscription's row lock and the period's primary key |
 * | charge it | the payment's primary key; from there it is a payment like any other |
 * | pass on what became of the payment | the subscription's row lock and the version of the payment that was seen |
 *
 * After an outage the present period is charged and the missed ones are not. While a period is open no other begins.
 */
@Injectable()
export class SubscriptionRenewals {
  private readonly logger = new Logger(SubscriptionRenewals.name);

  constructor(
    private readonly database: Database,
    private readonly subscriptions: SubscriptionsRepository,
    private readonly periods: SubscriptionPeriodsRepository,
    private readonly charges: SubscriptionCharges,
    private readonly settlement: SubscriptionSettlement,
  ) {}

  /** One round of all steps. @returns How much was done. */
  async renewDue(): Promise<number> {
    const due = await this.subscriptions.listDue(BATCH_SIZE);
    for (const id of due) await this.guarded(id, () => this.openNext(id));
    if (due.length > 0) crashPoint('after_period_opened');
    const claimed = await this.periods.claimDue(BATCH_SIZE, LEASE_SECONDS);
    await Promise.all(claimed.map((period) => this.guarded(period.subscriptionId, () => this.chargeClaimed(period))));
    const news = await this.periods.listWithNews(BATCH_SIZE);
    for (const { subscriptionId } of news) await this.guarded(subscriptionId, () => this.settlement.settle(subscriptionId));
    const closing = await this.periods.listClosing(BATCH_SIZE);
    for (const period of closing) await this.guarded(period.subscriptionId, () => this.close(period));
    return due.length + claimed.length + news.length + closing.length;
  }

  /** Charges the first period of a new subscription while its customer waits. */
  async chargeFirst(subscription: Subscription, returnUrl: string | null): Promise<void> {
    const period = await this.periods.findOpen(this.database, subscription.id);
    if (period && (await this.periods.claim(period, LEASE_SECONDS))) await this.chargeClaimed(period, returnUrl);
  }

  /** Calls off the payment of a subscription that has ended. */
  async close(period: SubscriptionPeriod): Promise<void> {
    const subscription = await this.subscriptions.get(this.database, period.subscriptionId);
    const payment = await this.charges.callOff(subscription, period);
    switch (payment?.status) {
      case 'succeeded':
        return this.periods.close(period, 'paid');
      case undefined:
      case 'canceled':
      case 'blocked':
        return this.periods.close(period, 'unpaid');
      default:
        // On its way: money may still move, and then the period is paid.
        return this.periods.postpone(period, POSTPONE_SECONDS);
    }
  }

  private async chargeClaimed(period: SubscriptionPeriod, returnUrl: string | null = null): Promise<void> {
    crashPoint('after_period_claimed');
    const subscription = await this.subscriptions.get(this.database, period.subscriptionId);
    if (subscription.status === 'canceled') return this.settlement.settle(subscription.id);
    const outcome = await this.charges.charge(subscription, period, returnUrl);
    crashPoint('after_period_charged');
    if (outcome.kind === 'refused') await this.settlement.refuse(subscription.id, outcome.error);
    else if (outcome.kind === 'postponed') await this.periods.postpone(period, POSTPONE_SECONDS);
    else await this.settlement.settle(subscription.id);
  }

  private async openNext(id: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const subscription = await this.subscriptions.lock(transaction, id);
      const now = await this.periods.now(transaction);
      // Another worker was faster, or it was paused or canceled meanwhile.
      if (subscription.status !== 'active' || subscription.renewsAt > now) return;
      if (subscription.isEnding) {
        await this.settlement.end(transaction, subscription, null, { reason: 'requested', now, source: SOURCE });
        return;
      }
      const due = dueRenewal(scheduleOf(subscription), subscription.periodIndex, now);
      // The rules of its time zone are others than when this was foreseen: the schedule is right.
      if (!due) {
        const { periodIndex } = subscription;
        const { end: renewsAt } = periodOf(scheduleOf(subscription), periodIndex);
        return this.subscriptions.advance(transaction, id, { periodIndex, renewsAt });
      }
      const { index, start: startsAt, end: endsAt } = due.period;
      const paymentId = newId('payment');
      await this.periods.open(transaction, { subscriptionId: id, merchantId: subscription.merchantId, index, startsAt, endsAt, paymentId });
      const next = { periodIndex: index, renewsAt: endsAt };
      if (due.skipped === 0) return this.subscriptions.advance(transaction, id, next);
      const details = { count: due.skipped, until: startsAt.toISOString() };
      await this.subscriptions.change(transaction, subscription, next, { type: 'periods_skipped', details, source: SOURCE });
    });
  }

  private async guarded(subscriptionId: string, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      // Its lease runs out and it is looked at again; the others must not wait for it.
      this.logger.error({ event: 'subscription_step_failed', subscriptionId, error });
    }
  }
}
