/** A subscription and its periods as their rows hold them. */
import type { CurrencyCode } from '#kernel';
import { type BillingSchedule } from '../domain/billing-schedule.js';
import { type CancelReason } from '../domain/subscription-rules.js';
import { type GatewayDecline } from '../payment-gateway.js';

/** Every state of a subscription. */
export const SUBSCRIPTION_STATUSES = ['incomplete', 'active', 'past_due', 'paused', 'canceled'] as const;

/**
 * The state of a subscription.
 *
 * - `incomplete`: the first payment is on its way; it becomes `active` or `canceled` with it
 * - `active`: paid; it renews by itself
 * - `past_due`: a renewal was refused; it is tried again, or the customer is asked. No further period begins
 * - `paused`: nothing is charged until it is resumed
 * - `canceled`: over, for good
 */
export type SubscriptionStatus = (typeof SUBSCRIPTION_STATUSES)[number];

/** What a customer pays for again and again. */
export interface Subscription {
  /** `sub_…` */
  readonly id: string;
  readonly merchantId: string;
  readonly livemode: boolean;
  readonly customerId: string;
  readonly deviceId: string;
  /** The saved method that pays. */
  readonly paymentMethodId: string;
  readonly plan: string;
  readonly status: SubscriptionStatus;
  readonly amountMinor: number;
  readonly currency: CurrencyCode;
  readonly intervalUnit: BillingSchedule['unit'];
  readonly intervalCount: number;
  readonly anchorAt: Date;
  readonly timeZone: string;
  readonly description: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** The newest period that was opened, or passed over. */
  readonly periodIndex: number;
  /** When the next one begins. */
  readonly renewsAt: Date;
  /** Whether it ends with the present period. */
  readonly isEnding: boolean;
  readonly canceledAt: Date | null;
  readonly cancelReason: CancelReason | null;
  /** Why the newest payment was refused. */
  readonly lastError: GatewayDecline | null;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A period that is charged by one payment, whose id it names before that exists. */
export interface SubscriptionPeriod {
  readonly subscriptionId: string;
  readonly merchantId: string;
  readonly index: number;
  readonly startsAt: Date;
  readonly endsAt: Date;
  /** `closing`: the subscription is over, and the payment must still be called off. */
  readonly status: 'open' | 'closing' | 'paid' | 'unpaid';
  readonly paymentId: string;
  readonly paymentCount: number;
  readonly retryCount: number;
  readonly nextTryAt: Date | null;
  readonly givesUpAt: Date | null;
  readonly seenVersion: number | null;
}

/** What happens to a subscription, as its timeline and its merchant's webhooks name it. */
export type SubscriptionEventType =
  | 'created'
  | 'activated'
  | 'renewed'
  | 'past_due'
  | 'action_required'
  | 'period_forgiven'
  | 'periods_skipped'
  | 'payment_method_changed'
  | 'cancel_scheduled'
  | 'paused'
  | 'resumed'
  | 'canceled';

/** One line of a subscription's history. */
export interface SubscriptionEvent {
  readonly sequence: number;
  readonly type: SubscriptionEventType;
  readonly status: SubscriptionStatus;
  readonly details: Readonly<Record<string, unknown>>;
  readonly source: string;
  readonly createdAt: Date;
}

/** When it renews. */
export function scheduleOf(subscription: Pick<Subscription, 'anchorAt' | 'intervalUnit' | 'intervalCount' | 'timeZone'>): BillingSchedule {
  const { anchorAt: anchor, intervalUnit: unit, intervalCount: count, timeZone } = subscription;
  return { anchor, unit, count, timeZone };
}
