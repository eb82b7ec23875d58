/** The numbers a model sees of a card payment, from what was known at its moment: streamed payment by payment. */
import { type CardTransaction } from './card-data.js';

/** The handbook's published features, in its order. */
export const PUBLISHED_FEATURES = [
  'amount',
  'is_weekend',
  'is_night',
  'customer_count_1d',
  'customer_mean_1d',
  'customer_count_7d',
  'customer_mean_7d',
  'customer_count_30d',
  'customer_mean_30d',
  'terminal_count_1d',
  'terminal_risk_1d',
  'terminal_count_7d',
  'terminal_risk_7d',
  'terminal_count_30d',
  'terminal_risk_30d',
] as const;

/** What the engine adds: the customer's own habits without the present payment, and what is known of the terminal. */
export const ENGINE_FEATURES = [
  ...PUBLISHED_FEATURES,
  'earlier_mean_30d',
  'earlier_deviation_30d',
  'earlier_max_30d',
  'earlier_count_30d',
  'amount_to_mean',
  'amount_to_max',
  'amount_z_score',
  'big_count_1d',
  'big_count_7d',
  'big_count_14d',
  'customer_count_1h',
  'seconds_since_previous',
  'terminal_frauds_14d',
  'terminal_frauds_28d',
  'terminal_count_28d',
  'days_since_last_fraud',
  'days_since_first_fraud',
  'terminal_fraud_run',
] as const;

/** What the day of the week decides: of one day's payments it says nothing about drift. */
export const CALENDAR_FEATURES: readonly string[] = ['is_weekend'];

/** Whether a payment was a fraud is known this long after it. */
export const LABEL_DELAY_SECONDS = 7 * 86_400;
/** An earlier payment was big when it exceeds this many times the customer's mean of now. */
export const BIG_TIMES_MEAN = 2.5;

const HOUR = 3_600;
const DAY = 86_400;
const CUSTOMER_WINDOW = 30 * DAY;
const TERMINAL_WINDOW = LABEL_DELAY_SECONDS + 30 * DAY;
/** Days before a payment that its features may depend on. */
export const MEMORY_DAYS = 37;
const NIGHT_ENDS_AT_HOUR = 6;

/** The recent past of one customer or terminal, in columns: a million small objects would cost more than all arithmetic. */
interface Past {
  /** Where the recent part of the columns starts. */
  start: number;
  readonly times: number[];
  /** Minor units for customers, whose sums are exact; for terminals 1 is a fraud. */
  readonly values: number[];
}

/** Expired entries are dropped in heaps of this many. */
const COMPACT_FROM = 256;

/**
 * Remembers each customer's 30 and each terminal's 37 days, and nothing older.
 *
 * A payment counts for windows that start after `moment − length`, exclusive, and end at `moment`, inclusive, as at the handbook.
 */
export class CardFeatureStream {
  private readonly customers = new Map<number, Past>();
  private readonly terminals = new Map<number, Past>();

  /**
   * The features of {@link ENGINE_FEATURES}, in order, written to `into` from `offset`; then the payment becomes history.
   *
   * Payments come in order of time. `isFraud` is remembered but not used before {@link LABEL_DELAY_SECONDS} have passed.
   */
  push(payment: CardTransaction, into: Float64Array, offset = 0): void {
    const { timeSeconds, amountMinor } = payment;
    const customer = recent(this.customers, payment.customer, timeSeconds - CUSTOMER_WINDOW);
    const terminal = recent(this.terminals, payment.terminal, timeSeconds - TERMINAL_WINDOW);
    const habits = customerHabits(customer, timeSeconds);
    into[offset] = amountMinor / 100;
    into[offset + 1] = Number(isWeekend(timeSeconds));
    into[offset + 2] = Number(hourOf(timeSeconds) <= NIGHT_ENDS_AT_HOUR);
    writeCustomer(habits, amountMinor, into, offset);
    writeTerminal(terminal, timeSeconds, into, offset);
    remember(customer, timeSeconds, amountMinor);
    remember(terminal, timeSeconds, Number(payment.isFraud));
  }
}

function recent(pasts: Map<number, Past>, key: number, after: number): Past {
  let past = pasts.get(key);
  if (past === undefined) {
    past = { start: 0, times: [], values: [] };
    pasts.set(key, past);
  }
  const { times } = past;
  while (past.start < times.length && (times[past.start] as number) <= after) past.start++;
  if (past.start < COMPACT_FROM) return past;
  for (const column of [past.times, past.values]) column.splice(0, past.start);
  past.start = 0;
  return past;
}

function remember(past: Past, timeSeconds: number, value: number): void {
  past.times.push(timeSeconds);
  past.values.push(value);
}

/** The customer's 30 days before the present payment. */
function customerHabits({ start, times, values }: Past, now: number) {
  const habits = {
    count1h: 0,
    count1: 0,
    sum1: 0,
    count7: 0,
    sum7: 0,
    count30: 0,
    sum30: 0,
    squares: 0,
    max: 0,
    big1: 0,
    big7: 0,
    big14: 0,
  };
  for (let index = start; index < times.length; index++) {
    const age = now - (times[index] as number);
    const value = values[index] as number;
    habits.count30++;
    habits.sum30 += value;
    habits.squares += value * value;
    if (value > habits.max) habits.max = value;
    if (age >= 7 * DAY) continue;
    habits.count7++;
    habits.sum7 += value;
    if (age >= DAY) continue;
    habits.count1++;
    habits.sum1 += value;
    if (age < HOUR) habits.count1h++;
  }
  for (let index = times.length - 1; index >= start && now - (times[index] as number) < 14 * DAY; index--) {
    if ((values[index] as number) * habits.count30 <= BIG_TIMES_MEAN * habits.sum30) continue;
    const age = now - (times[index] as number);
    habits.big14++;
    if (age < 7 * DAY) habits.big7++;
    if (age < DAY) habits.big1++;
  }
  return { ...habits, gap: habits.count30 > 0 ? now - (times.at(-1) as number) : NaN };
}

function writeCustomer(habits: ReturnType<typeof customerHabits>, amountMinor: number, into: Float64Array, offset: number): void {
  const { count30, sum30, squares, max } = habits;
  into[offset + 3] = habits.count1 + 1;
  into[offset + 4] = (habits.sum1 + amountMinor) / (habits.count1 + 1) / 100;
  into[offset + 5] = habits.count7 + 1;
  into[offset + 6] = (habits.sum7 + amountMinor) / (habits.count7 + 1) / 100;
  into[offset + 7] = count30 + 1;
  into[offset + 8] = (sum30 + amountMinor) / (count30 + 1) / 100;
  const mean = count30 > 0 ? sum30 / count30 : NaN;
  const deviation = count30 > 1 ? Math.sqrt(Math.max(0, squares / count30 - mean * mean)) : NaN;
  into[offset + 15] = mean / 100;
  into[offset + 16] = deviation / 100;
  into[offset + 17] = count30 > 0 ? max / 100 : NaN;
  into[offset + 18] = count30;
  into[offset + 19] = mean > 0 ? amountMinor / mean : NaN;
  into[offset + 20] = max > 0 ? amountMinor / max : NaN;
  into[offset + 21] = deviation > 0 ? (amountMinor - mean) / deviation : NaN;
  into[offset + 22] = habits.big1;
  into[offset + 23] = habits.big7;
  into[offset + 24] = habits.big14;
  into[offset + 25] = habits.count1h;
  into[offset + 26] = habits.gap;
}

/** Frauds are those known by now: payments older than the label delay. */
function writeTerminal({ start, times, values }: Past, now: number, into: Float64Array, offset: number): void {
  let [count1, fraud1, count7, fraud7, count30, fraud30, fraud14, fraud28, count28, run] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  let [first, last] = [NaN, NaN];
  for (let index = start; index < times.length; index++) {
    const age = now - (times[index] as number);
    const value = values[index] as number;
    if (age < 28 * DAY) count28++;
    const known = age - LABEL_DELAY_SECONDS;
    if (known < 0) continue;
    count30++;
    fraud30 += value;
    run = value === 1 ? run + 1 : 0;
    if (value === 1) {
      last = age / DAY;
      if (Number.isNaN(first)) first = age / DAY;
    }
    if (known < 28 * DAY) fraud28 += value;
    if (known < 14 * DAY) fraud14 += value;
    if (known >= 7 * DAY) continue;
    count7++;
    fraud7 += value;
    if (known >= DAY) continue;
    count1++;
    fraud1 += value;
  }
  into[offset + 9] = count1;
  into[offset + 10] = count1 > 0 ? fraud1 / count1 : 0;
  into[offset + 11] = count7;
  into[offset + 12] = count7 > 0 ? fraud7 / count7 : 0;
  into[offset + 13] = count30;
  into[offset + 14] = count30 > 0 ? fraud30 / count30 : 0;
  into[offset + 27] = fraud14;
  into[offset + 28] = fraud28;
  into[offset + 29] = count28;
  into[offset + 30] = last;
  into[offset + 31] = first;
  into[offset + 32] = run;
}

function hourOf(timeSeconds: number): number {
  return Math.floor((timeSeconds % DAY) / HOUR);
}

/** Saturday or Sunday, UTC. 1970 began on a Thursday. */
function isWeekend(timeSeconds: number): boolean {
  const weekday = (Math.floor(timeSeconds / DAY) + 4) % 7;
  return weekday === 0 || weekday === 6;
}
