/** Earlier attempts as the database tells them, and what rules and models make of them. Pure. */
import { HOUR_MS, SECOND_MS } from '#kernel';
import { type Subject, type SubjectHistory } from './domain/features.js';
import { type ModelEvidence } from './model/live-inputs.js';

/** Attempts of one subject and age: its place in `COUNTED_SUBJECTS`, the span, how many, how many in the currency asked for, and their sum. */
export type SpanCount = readonly [subject: number, span: number, attempts: number, same: number, sumMinor: number | null];

/** One attempt of the customer: seconds ago, and minor units if it was in the currency asked for. */
export type CustomerAttempt = readonly [ageSeconds: number, sameMinor: number | null];

/** The last 30 days before an attempt, 37 of its device. The newest count: 5 000 of a device, 1 000 of a card, an address or a customer. */
export interface PastAttempts {
  readonly counts: readonly SpanCount[];
  /** The newest first. */
  readonly customer: readonly CustomerAttempt[];
}

/** What has become known of a device's past payments; empty for a device of which nothing is. */
export interface DeviceLabels {
  readonly known?: { readonly count28Days: number; readonly latestRun: number };
  readonly forModel?: KnownDeviceFrauds | null;
}

/** Frauds of a device among what can be known a week later, as a model counts them. */
export type KnownDeviceFrauds = Pick<
  ModelEvidence['device'],
  'frauds1d' | 'frauds7d' | 'frauds14d' | 'frauds28d' | 'frauds30d' | 'daysSinceLastFraud' | 'daysSinceFirstFraud' | 'fraudRun'
>;

const COUNTED_SUBJECTS = ['device', 'card', 'ip'] as const;
/** Each span of `fraud_record_attempt` by the age at which it ends: the last begins now. */
const SPANS = { beyond: 0, days30: 1, days28: 2, days14: 3, days8: 4, days7: 5, hours24: 6, hour1: 7, minutes5: 8 } as const;
type Span = (typeof SPANS)[keyof typeof SPANS];

const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;
/** Habits change: the hours of so many attempts, the newest, make one. */
const HABIT_ATTEMPTS = 200;
/** How many times the customer's mean makes a payment big, in training and here. */
const BIG = 2.5;
const NO_FRAUDS: KnownDeviceFrauds = {
  frauds1d: 0,
  frauds7d: 0,
  frauds14d: 0,
  frauds28d: 0,
  frauds30d: 0,
  daysSinceLastFraud: null,
  daysSinceFirstFraud: null,
  fraudRun: 0,
};

/** The windows of one subject. */
export function subjectHistory(past: PastAttempts, subject: Subject): SubjectHistory {
  return subject === 'customer' ? customerHistory(past.customer) : countedHistory(past.counts, COUNTED_SUBJECTS.indexOf(subject));
}

function countedHistory(counts: readonly SpanCount[], subject: number): SubjectHistory {
  const within = (span: Span): Totals => totals(counts, subject, span, SPANS.minutes5);
  const [days30, hours24] = [within(SPANS.days30), within(SPANS.hours24)];
  return {
    attempts5Minutes: within(SPANS.minutes5).attempts,
    attempts1Hour: within(SPANS.hour1).attempts,
    attempts24Hours: hours24.attempts,
    attempts7Days: within(SPANS.days7).attempts,
    attempts30Days: days30.attempts,
    amountMinor24Hours: hours24.sumMinor,
    amounts30Days: { count: days30.same, sumMinor: days30.sumMinor },
  };
}

interface Totals {
  readonly attempts: number;
  readonly same: number;
  readonly sumMinor: number;
}

/** Of the spans from the older to the younger one, both included. */
function totals(counts: readonly SpanCount[], subject: number, older: Span, younger: Span): Totals {
  const sums = { attempts: 0, same: 0, sumMinor: 0 };
  for (const [of, span, attempts, same, sumMinor] of counts) {
    if (of !== subject || span < older || span > younger) continue;
    sums.attempts += attempts;
    sums.same += same;
    sums.sumMinor += sumMinor ?? 0;
  }
  return sums;
}

function customerHistory(attempts: readonly CustomerAttempt[]): SubjectHistory {
  const within = (seconds: number): number => attempts.filter(([age]) => age < seconds).length;
  const same = attempts.filter(([, sameMinor]) => sameMinor !== null);
  return {
    attempts5Minutes: within(HOUR_SECONDS / 12),
    attempts1Hour: within(HOUR_SECONDS),
    attempts24Hours: within(DAY_SECONDS),
    attempts7Days: within(7 * DAY_SECONDS),
    attempts30Days: attempts.length,
    amountMinor24Hours: sumOf(same, DAY_SECONDS),
    amounts30Days: { count: same.length, sumMinor: sumOf(same) },
  };
}

function sumOf(attempts: readonly CustomerAttempt[], seconds = Infinity): number {
  return attempts.reduce((sum, [age, minor]) => (age < seconds ? sum + (minor ?? 0) : sum), 0);
}

/** The customer's attempts by hour of the day, 24 counts. @param localOffsetMs - How far the merchant's clocks are ahead of UTC. */
export function customerHours({ customer }: PastAttempts, at: Date, localOffsetMs: number): number[] {
  const hours = Array.from({ length: 24 }, () => 0);
  for (const [ageSeconds] of customer.slice(0, HABIT_ATTEMPTS)) {
    const hour = Math.floor((at.getTime() - ageSeconds * SECOND_MS + localOffsetMs) / HOUR_MS) % 24;
    hours[hour] = (hours[hour] ?? 0) + 1;
  }
  return hours;
}

/** What a model is told of the past. @param hasCustomer - Without one everything about it is unknown, which is not nothing. */
export function modelEvidence(past: PastAttempts, labels: DeviceLabels, hasCustomer: boolean): ModelEvidence {
  const device = COUNTED_SUBJECTS.indexOf('device');
  const known = (older: Span): number => totals(past.counts, device, older, SPANS.days8).attempts;
  return {
    customer: hasCustomer ? customerEvidence(past.customer) : null,
    device: {
      count28d: totals(past.counts, device, SPANS.days28, SPANS.minutes5).attempts,
      known1d: known(SPANS.days8),
      known7d: known(SPANS.days14),
      known30d: known(SPANS.beyond),
      ...(labels.forModel ?? NO_FRAUDS),
    },
  };
}

function customerEvidence(attempts: readonly CustomerAttempt[]): ModelEvidence['customer'] {
  const same = attempts.flatMap(([age, minor]) => (minor === null ? [] : [{ age, minor }]));
  const total = same.reduce((sum, { minor }) => sum + minor, 0);
  const isBig = (minor: number): boolean => minor * same.length > BIG * total;
  const count = (days: number): number => same.filter(({ age }) => age < days * DAY_SECONDS).length;
  const big = (days: number): number => same.filter(({ age, minor }) => age < days * DAY_SECONDS && isBig(minor)).length;
  return {
    count1h: count(1 / 24),
    count1d: count(1),
    sum1d: sumOf(attempts, DAY_SECONDS),
    count7d: count(7),
    sum7d: sumOf(attempts, 7 * DAY_SECONDS),
    count30d: same.length,
    sum30d: total,
    squares30d: same.reduce((sum, { minor }) => sum + minor * minor, 0),
    max30d: same.reduce((max, { minor }) => Math.max(max, minor), 0),
    big1d: big(1),
    big7d: big(7),
    big14d: big(14),
    gap: same.length === 0 ? null : same.reduce((least, { age }) => Math.min(least, age), Infinity),
  };
}
