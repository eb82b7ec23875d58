import { Injectable } from '@nestjs/common';
import { newId } from '#kernel';
import { crashPoint, Database } from '#platform';
import { subscriptionResponseOf } from '../dto/subscription.response.js';
import { type CreateSubscriptionDto } from '../dto/subscriptions.dto.js';
import { IdempotencyKeys, requestHashOf } from '../idempotency.js';
import { type Answer, type Outcome, refusal } from '../payment-answer.js';
import { type Payment, type PaymentCaller } from '../payment.js';
import { IdempotencyInProgressError } from '../payments.errors.js';
import { type Subscription } from './subscription.js';
import { SubscriptionRenewals } from './subscription-renewals.js';
import { SubscriptionViews } from './subscription-views.js';
import { SubscriptionDeclinedError } from './subscriptions.errors.js';
import { SubscriptionsRepository } from './subscriptions.repository.js';
import { SubscriptionRecorder } from './subscriptions.service.js';

/** The story of a new subscription: rules, record, first payment, answer. */
@Injectable()
export class SubscriptionCreation {
  constructor(
    private readonly database: Database,
    private readonly idempotency: IdempotencyKeys,
    private readonly recorder: SubscriptionRecorder,
    private readonly subscriptions: SubscriptionsRepository,
    private readonly renewals: SubscriptionRenewals,
    private readonly views: SubscriptionViews,
  ) {}

  /**
   * Begins a subscription with its first payment. Safe to repeat with the same key: the first outcome is returned.
   *
   * @throws SubscriptionExistsError @throws the refusals of {@link SubscriptionRecorder.prepare}
   */
  async create(caller: PaymentCaller, key: string, request: CreateSubscriptionDto): Promise<Outcome> {
    const requestHash = requestHashOf('POST /api/subscriptions', request);
    const earlier = await this.idempotency.find(caller, key, requestHash);
    if (earlier?.answer) return { answer: earlier.answer, isReplay: true };
    const returnUrl = request.returnUrl ?? null;
    if (earlier) return this.resume(caller, key, earlier.objectId, returnUrl);
    const prepared = await this.recorder.prepare(caller, request);
    const id = newId('subscription');
    const recorded = await this.database.transaction(async (transaction) => {
      if (!(await this.idempotency.claim(caller, key, requestHash, id, transaction))) return null;
      return this.recorder.record(transaction, caller, id, { request, ...prepared });
    });
    if (!recorded) return this.idempotency.answerOfWinner(caller, key, requestHash);
    crashPoint('after_subscription_recorded');
    await this.renewals.chargeFirst(recorded, returnUrl);
    return this.finish(caller, key, id);
  }

  private async resume(caller: PaymentCaller, key: string, id: string | null, returnUrl: string | null): Promise<Outcome> {
    const subscription = id === null ? null : await this.subscriptions.find(caller, id);
    if (!subscription || !(await this.idempotency.takeOver(caller, key))) throw new IdempotencyInProgressError();
    if (subscription.status === 'incomplete') await this.renewals.chargeFirst(subscription, returnUrl);
    return this.finish(caller, key, subscription.id);
  }

  private async finish(caller: PaymentCaller, key: string, id: string): Promise<Outcome> {
    const subscription = await this.subscriptions.get(this.database, id);
    const answer = answerOf(subscription, await this.views.paymentOf(caller, subscription), caller.requestId);
    await this.idempotency.finish(caller, key, answer);
    return { answer, isReplay: false };
  }
}

function answerOf(subscription: Subscription, payment: Payment | null, requestId: string): Answer {
  const response = subscriptionResponseOf(subscription, payment);
  const body = JSON.stringify(response);
  switch (subscription.status) {
    case 'canceled':
      return subscription.cancelReason === 'requested'
        ? { status: 201, body, isFinal: true }
        : refusal(new SubscriptionDeclinedError(subscription.lastError, response), requestId, true);
    case 'incomplete': {
      const isFinal = payment?.status === 'requires_action' || payment?.status === 'in_review';
      return { status: payment?.status === 'requires_action' ? 201 : 202, body, isFinal };
    }
    case 'active':
    case 'past_due':
    case 'paused':
      return { status: 201, body, isFinal: true };
  }
}
