/** A subscription as clients see it. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { BILLING_UNITS, periodOf } from '../domain/billing-schedule.js';
import { type Payment } from '../payment.js';
import { scheduleOf, type Subscription, SUBSCRIPTION_STATUSES, type SubscriptionEvent } from '../subscriptions/subscription.js';
import { PaymentResponse, paymentResponseOf } from './payment.response.js';

/** How long a period lasts. */
export class IntervalResponse {
  @ApiProperty({ enum: [...BILLING_UNITS] })
  unit: string;

  /** 3 months are a quarter. */
  @ApiProperty({ type: 'integer', minimum: 1, maximum: 366 })
  count: number;
}

/** One period. */
export class PeriodResponse {
  /** 0 for the first. */
  @ApiProperty({ type: 'integer' })
  index: number;

  @ApiProperty({ format: 'date-time' })
  startsAt: string;

  /** The beginning of the next. */
  @ApiProperty({ format: 'date-time' })
  endsAt: string;
}

/** A subscription. */
export class SubscriptionResponse {
  @ApiProperty({ example: 'sub_01jd8y3v5kq2e9c7x4m6n0r1st' })
  id: string;

  @ApiProperty({ enum: ['subscription'] })
  object: 'subscription';

  @ApiProperty({ enum: [...SUBSCRIPTION_STATUSES] })
  status: string;

  @ApiProperty({ example: 'cus_01jd8y3v5kq2e9c7x4m6n0r1st' })
  customerId: string;

  /** Where the customer subscribed. */
  @ApiProperty({ example: 'dev_01jd8y3v5kq2e9c7x4m6n0r1st' })
  deviceId: string;

  /** The saved method that pays. */
  @ApiProperty({ example: 'spm_01jd8y3v5kq2e9c7x4m6n0r1st' })
  paymentMethod: string;

  /** The merchant's own word for what is sold. */
  @ApiProperty({ example: 'gold-monthly' })
  plan: string;

  /** Minor units of each period. */
  @ApiProperty({ example: 1099 })
  amount: number;

  @ApiProperty({ example: 'usd' })
  currency: string;

  @ApiProperty({ type: IntervalResponse })
  interval: IntervalResponse;

  /** The newest period that has begun. */
  @ApiProperty({ type: PeriodResponse })
  currentPeriod: PeriodResponse;

  /** When the next payment is due; null when there is none. */
  @ApiProperty({ type: String, nullable: true, format: 'date-time' })
  renewsAt: string | null;

  @ApiProperty()
  cancelAtPeriodEnd: boolean;

  @ApiProperty({ type: String, nullable: true, format: 'date-time' })
  canceledAt: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'requested' })
  cancelReason: string | null;

  @ApiProperty({ type: String, nullable: true })
  description: string | null;

  @ApiProperty({ type: Object, additionalProperties: { type: 'string' } })
  metadata: Readonly<Record<string, string>>;

  @ApiProperty()
  livemode: boolean;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  @ApiProperty({ format: 'date-time' })
  updatedAt: string;

  /** The payment of the current period, where one subscription is answered; null before it is made. */
  @ApiPropertyOptional({ type: PaymentResponse, nullable: true })
  latestPayment?: PaymentResponse | null;
}

/** One page of subscriptions, newest first. */
export class SubscriptionListResponse {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [SubscriptionResponse] })
  data: SubscriptionResponse[];

  @ApiProperty()
  hasMore: boolean;
}

/** One line of a subscription's history. */
export class SubscriptionEventResponse {
  /** From 1 without gaps. */
  @ApiProperty({ type: 'integer' })
  sequence: number;

  @ApiProperty({ example: 'renewed' })
  type: string;

  /** The status after it. */
  @ApiProperty({ enum: [...SUBSCRIPTION_STATUSES] })
  status: string;

  @ApiProperty({ type: Object, additionalProperties: true })
  details: Readonly<Record<string, unknown>>;

  @ApiProperty({ format: 'date-time' })
  at: string;
}

/** Everything that happened to a subscription, in order. */
export class SubscriptionTimelineResponse {
  @ApiProperty({ enum: ['timeline'] })
  object: 'timeline';

  @ApiProperty()
  subscriptionId: string;

  @ApiProperty({ type: [SubscriptionEventResponse] })
  data: SubscriptionEventResponse[];
}

/**
 * The client's view of a subscription.
 *
 * @param payment - The current period's; `undefined` leaves it out, as in lists.
 */
export function subscriptionResponseOf(subscription: Subscription, payment?: Payment | null): SubscriptionResponse {
  const { status, isEnding, renewsAt } = subscription;
  const period = periodOf(scheduleOf(subscription), subscription.periodIndex);
  return {
    id: subscription.id,
    object: 'subscription',
    status,
    customerId: subscription.customerId,
    deviceId: subscription.deviceId,
    paymentMethod: subscription.paymentMethodId,
    plan: subscription.plan,
    amount: subscription.amountMinor,
    currency: subscription.currency,
    interval: { unit: subscription.intervalUnit, count: subscription.intervalCount },
    currentPeriod: { index: period.index, startsAt: period.start.toISOString(), endsAt: period.end.toISOString() },
    renewsAt: status === 'canceled' || status === 'paused' || isEnding ? null : renewsAt.toISOString(),
    cancelAtPeriodEnd: isEnding,
    canceledAt: subscription.canceledAt?.toISOString() ?? null,
    cancelReason: subscription.cancelReason,
    description: subscription.description,
    metadata: subscription.metadata,
    livemode: subscription.livemode,
    createdAt: subscription.createdAt.toISOString(),
    updatedAt: subscription.updatedAt.toISOString(),
    ...(payment === undefined ? {} : { latestPayment: payment && paymentResponseOf(payment) }),
  };
}

/** The client's view of a line of history. */
export function subscriptionEventResponseOf({ sequence, type, status, details, createdAt }: SubscriptionEvent): SubscriptionEventResponse {
  return { sequence, type, status, details, at: createdAt.toISOString() };
}
