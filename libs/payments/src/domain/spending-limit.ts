/**
 * Spending limits: which buckets a payment draws from, how much, and until when.
 *
 * A limit is a reservation: taken in the transaction that records the attempt, settled on success, released on decline, cancel or expiry. This
 * file decides which; the repository takes them, in the order given here, so that two payments never wait for each other.
 *
 * Windows:
 *
 * - A day or month is the merchant's, by the calendar of its time zone. A day on which the clocks change lasts 23 or 25 hours and has the same
 *   limit as any other; the window of an instant is the day its date names, so no instant has two windows or none.
 * - A rolling window is the time before the payment: "10 in one hour" holds for every hour, not only for those of the clock.
 */
import { assertNever, localTimeAt, type LocalTime, startOfLocalDay } from '#kernel';
import { type BusinessProfile } from '#merchants';
import { currencyRulesOf } from './payment-policy.js';
import { awaitsOwner } from './payment-status.js';

/** Every limit. */
export const SPENDING_LIMIT_NAMES = [
  'device_payment_count',
  'device_daily_amount',
  'device_monthly_amount',
  'customer_daily_amount',
  'customer_monthly_amount',
] as const;

/** A limit of a business profile. */
export type SpendingLimitName = (typeof SPENDING_LIMIT_NAMES)[number];

/** The time over which a limit counts. `end` is not part of it. */
export interface LimitWindow {
  readonly kind: 'day' | 'month' | 'rolling';
  readonly start: Date;
  /** When all that is used now is free again, at the latest. */
  readonly end: Date;
}

/** What a payment takes from one limit of one device or customer. */
export interface SpendingBucket {
  /** The same for every payment that shares the limit; a calendar window is part of it, a rolling one is not. */
  readonly key: string;
  readonly name: SpendingLimitName;
  readonly subject: { readonly kind: 'device' | 'customer'; readonly id: string };
  readonly window: LimitWindow;
  /** Minor units of this currency; `null` for a count of payments. */
  readonly currency: string | null;
  readonly limit: number;
  /** What this payment reserves: its amount, or 1. */
  readonly take: number;
}

/** The payment that is about to be recorded. */
export interface LimitedPayment {
  readonly amountMinor: number;
  readonly currency: string;
  readonly deviceId: string;
  readonly customerId: string | null;
  readonly at: Date;
  /** The merchant's IANA time zone. */
  readonly timeZone: string;
  /** What the merchant or a guardian set for this device, in minor units of the currency; it can only lower the profile's limit. */
  readonly deviceDailyMinor?: number;
}

/** What a bucket holds already: amounts in flight and amounts that were paid. */
export interface BucketUse {
  readonly reserved: number;
  readonly settled: number;
}

/** What has become of a reservation: `reserved` while the payment may still move money, `settled` once it has, `released` when it will not. */
export type ReservationState = 'reserved' | 'settled' | 'released';

/** What a bucket answers to a payment. */
export interface ReservationDecision {
  readonly fits: boolean;
  /** What was left before this payment, 0 or more. */
  readonly remaining: number;
}

/** The buckets a payment draws from, in the order in which they must be taken; empty in a currency that the profile does not accept. */
export function bucketsFor(payment: LimitedPayment, profile: BusinessProfile): readonly SpendingBucket[] {
  const rules = currencyRulesOf(profile, payment.currency);
  if (!rules) return [];
  const buckets = [
    countBucket(payment, profile),
    amountBucket(payment, 'device_daily_amount', lowest(rules.deviceDailyMinor, payment.deviceDailyMinor)),
    amountBucket(payment, 'device_monthly_amount', rules.deviceMonthlyMinor),
    amountBucket(payment, 'customer_daily_amount', rules.customerDailyMinor),
    amountBucket(payment, 'customer_monthly_amount', rules.customerMonthlyMinor),
  ];
  return buckets.filter((bucket) => bucket !== undefined).sort((first, second) => (first.key < second.key ? -1 : 1));
}

/** Whether a bucket with that use has room for the payment: `reserved + settled + take ≤ limit`, as the conditional UPDATE says it. */
export function decideReservation(bucket: Pick<SpendingBucket, 'limit' | 'take'>, use: BucketUse): ReservationDecision {
  // A limit that was lowered below what is used leaves nothing, not less than nothing.
  const remaining = Math.max(0, bucket.limit - use.reserved - use.settled);
  return { fits: bucket.take <= remaining, remaining };
}

/** What a payment's state makes of its reservations. A payment that was declined, or whose owner is away, gives its room back: trying again takes it anew. */
export function reservationStateOf(payment: Parameters<typeof awaitsOwner>[0]): ReservationState {
  const { status } = payment;
  switch (status) {
    case 'succeeded':
      return 'settled';
    case 'requires_payment_method':
    case 'blocked':
    case 'canceled':
      return 'released';
    case 'accumulating':
    case 'in_review':
    case 'requires_confirmation':
    case 'processing':
    case 'requires_capture':
      return 'reserved';
    case 'requires_action':
      return awaitsOwner(payment) ? 'released' : 'reserved';
    default:
      return assertNever(status, 'payment status');
  }
}

/** The calendar day or month of a place that an instant belongs to. */
export function calendarWindow(kind: 'day' | 'month', at: Date, timeZone: string): LimitWindow {
  const today = localTimeAt(at, timeZone);
  const [first, next] = kind === 'day' ? dayBounds(today) : monthBounds(today);
  return { kind, start: startOfLocalDay(first, timeZone), end: startOfLocalDay(next, timeZone) };
}

function countBucket({ deviceId, at }: LimitedPayment, { devicePaymentCount: rule }: BusinessProfile): SpendingBucket | undefined {
  if (!rule) return undefined;
  const window = { kind: 'rolling', start: new Date(at.getTime() - rule.windowMs), end: new Date(at.getTime() + rule.windowMs) } as const;
  const subject = { kind: 'device', id: deviceId } as const;
  return { key: `device:${deviceId}:count`, name: 'device_payment_count', subject, window, currency: null, limit: rule.max, take: 1 };
}

function amountBucket(payment: LimitedPayment, name: SpendingLimitName, limit: number | null): SpendingBucket | undefined {
  const kind = name.startsWith('device') ? 'device' : 'customer';
  const id = kind === 'device' ? payment.deviceId : payment.customerId;
  if (limit === null || id === null) return undefined;
  const window = calendarWindow(name.endsWith('daily_amount') ? 'day' : 'month', payment.at, payment.timeZone);
  // The start is an instant, not a date, so that a merchant who changes its time zone does not open a day twice.
  const key = [kind, id, window.kind, payment.currency, window.start.toISOString()].join(':');
  return { key, name, subject: { kind, id }, window, currency: payment.currency, limit, take: payment.amountMinor };
}

function lowest(limit: number | null, ownLimit: number | undefined): number | null {
  if (ownLimit === undefined) return limit;
  return limit === null ? ownLimit : Math.min(limit, ownLimit);
}

function dayBounds({ year, month, day }: LocalTime) {
  return [
    { year, month, day },
    { year, month, day: day + 1 },
  ] as const;
}

function monthBounds({ year, month }: LocalTime) {
  return [
    { year, month, day: 1 },
    { year, month: month + 1, day: 1 },
  ] as const;
}
