/**
 * When a subscription renews.
 *
 * Every renewal is counted from the anchor, never from the one before, so that short months leave no trace: from 31 January the renewals fall
 * on 28 (or 29) February, 31 March, 30 April; from 29 February of a leap year on 28 February, and on the 29th again four years later. The
 * time of day is that of the anchor on the wall clock of the merchant: where the clocks skip it, the renewal moves on with them; where it
 * comes twice, the first counts.
 */
import { assert, DAY_MS, instantAt, localTimeAt } from '#kernel';

/** Every unit of an interval. */
export const BILLING_UNITS = ['day', 'week', 'month', 'year'] as const;

/** The rhythm of a subscription. */
export interface BillingSchedule {
  /** The beginning of the first period. */
  readonly anchor: Date;
  readonly unit: (typeof BILLING_UNITS)[number];
  /** How many units a period lasts, 1 … 366: 3 months is a quarter. */
  readonly count: number;
  /** The merchant's IANA time zone when the subscription began. */
  readonly timeZone: string;
}

/** One period of a subscription; `end` is the beginning of the next and not part of this one. */
export interface BillingPeriod {
  /** 0 for the first period. Together with the subscription it names the renewal's one payment. */
  readonly index: number;
  readonly start: Date;
  readonly end: Date;
}

/** A thousand years of days: a bound for the index, not for business. */
const MAX_INDEX = 366_000;
const MEAN_DAYS: Readonly<Record<BillingSchedule['unit'], number>> = { day: 1, week: 7, month: 30, year: 365 };

/** A period by its index. */
export function periodOf(schedule: BillingSchedule, index: number): BillingPeriod {
  return { index, start: startOf(schedule, index), end: startOf(schedule, index + 1) };
}

/** The period that an instant belongs to; `undefined` before the anchor. */
export function periodAt(schedule: BillingSchedule, at: Date): BillingPeriod | undefined {
  if (at < schedule.anchor) return undefined;
  // No month is shorter than 28 days, so counting periods of mean length can only be a little off: step to the right one.
  const meanMs = MEAN_DAYS[schedule.unit] * schedule.count * DAY_MS;
  let index = Math.max(0, Math.floor((at.getTime() - schedule.anchor.getTime()) / meanMs) - 1);
  while (index > 0 && startOf(schedule, index) > at) index -= 1;
  while (startOf(schedule, index + 1) <= at) index += 1;
  return periodOf(schedule, index);
}

/**
 * The next renewal after the last period that was charged, when it is due.
 *
 * After an outage the current period is charged and the missed ones are not: nobody is charged three times on one morning. `skipped` says how
 * many they were, for a person to decide.
 */
export function dueRenewal(
  schedule: BillingSchedule,
  lastChargedIndex: number,
  now: Date,
): { readonly period: BillingPeriod; readonly skipped: number } | undefined {
  const period = periodAt(schedule, now);
  if (!period || period.index <= lastChargedIndex) return undefined;
  return { period, skipped: period.index - lastChargedIndex - 1 };
}

function startOf({ anchor, unit, count, timeZone }: BillingSchedule, index: number): Date {
  assert(Number.isInteger(index) && index >= 0 && index <= MAX_INDEX, 'a period has an index from 0 on');
  assert(Number.isInteger(count) && count >= 1 && count <= 366, 'a period lasts 1 to 366 units');
  // The anchor itself may be the second of two equal times on the wall clock.
  if (index === 0) return anchor;
  const local = localTimeAt(anchor, timeZone);
  const steps = index * count;
  const milliseconds = anchor.getTime() % 1_000;
  if (unit === 'day' || unit === 'week') {
    const day = local.day + steps * (unit === 'week' ? 7 : 1);
    return plus(instantAt({ ...local, day }, timeZone), milliseconds);
  }
  const months = local.month - 1 + steps * (unit === 'year' ? 12 : 1);
  const year = local.year + Math.floor(months / 12);
  const month = (months % 12) + 1;
  const day = Math.min(local.day, daysIn(year, month));
  return plus(instantAt({ ...local, year, month, day }, timeZone), milliseconds);
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function plus(at: Date, milliseconds: number): Date {
  return new Date(at.getTime() + milliseconds);
}
