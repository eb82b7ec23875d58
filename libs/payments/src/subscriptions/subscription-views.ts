import { Injectable } from '@nestjs/common';
import { Database } from '#platform';
import {
  subscriptionEventResponseOf,
  type SubscriptionResponse,
  subscriptionResponseOf,
  type SubscriptionTimelineResponse,
} from '../dto/subscription.response.js';
import { type Payment, type PaymentCaller } from '../payment.js';
import { PaymentsRepository } from '../payments.repository.js';
import { type Subscription } from './subscription.js';
import { SubscriptionPeriodsRepository } from './subscription-periods.repository.js';
import { SubscriptionsRepository } from './subscriptions.repository.js';

/** A subscription with the payment of its newest period, and its story. */
@Injectable()
export class SubscriptionViews {
  constructor(
    private readonly database: Database,
    private readonly subscriptions: SubscriptionsRepository,
    private readonly periods: SubscriptionPeriodsRepository,
    private readonly payments: PaymentsRepository,
  ) {}

  async show(caller: PaymentCaller, subscription: Subscription): Promise<SubscriptionResponse> {
    return subscriptionResponseOf(subscription, await this.paymentOf(caller, subscription));
  }

  /** The payment of the newest period; null before it is made. */
  async paymentOf(caller: PaymentCaller, { id }: Subscription): Promise<Payment | null> {
    const { paymentId } = await this.periods.newest(this.database, id);
    return this.payments.find({ ...caller, deviceId: null }, paymentId);
  }

  async timelineOf({ id }: Subscription): Promise<SubscriptionTimelineResponse> {
    return { object: 'timeline', subscriptionId: id, data: (await this.subscriptions.listEvents(id)).map(subscriptionEventResponseOf) };
  }
}
