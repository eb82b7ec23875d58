/** What a model sees of a live attempt: the features it was trained on, by the same definitions. */
import { currencyOf, type Money } from '#kernel';
import { ENGINE_FEATURES } from './card-features.js';

/** What a model is told of the past: amounts in minor units, ages in seconds for customers and in days for devices. */
export interface ModelEvidence {
  /** null without a customer. */
  readonly customer:
    | (Readonly<
        Record<
          | 'count1h'
          | 'count1d'
          | 'sum1d'
          | 'count7d'
          | 'sum7d'
          | 'count30d'
          | 'sum30d'
          | 'squares30d'
          | 'max30d'
          | 'big1d'
          | 'big7d'
          | 'big14d',
          number
        >
      > & { readonly gap: number | null })
    | null;
  readonly device: Readonly<
    Record<
      'count28d' | 'known1d' | 'frauds1d' | 'known7d' | 'frauds7d' | 'known30d' | 'frauds30d' | 'frauds14d' | 'frauds28d' | 'fraudRun',
      number
    >
  > & { readonly daysSinceLastFraud: number | null; readonly daysSinceFirstFraud: number | null };
}

/** Hours are UTC, in training and here. */
const NIGHT_ENDS_AT_HOUR = 6;

/** The numbers of `ENGINE_FEATURES`, in order; NaN for what is unknown, such as everything about an unknown customer. */
export function liveInputs(amount: Money, attemptedAt: Date, { customer, device }: ModelEvidence): Float64Array {
  const unit = 10 ** currencyOf(amount.currency).isoExponent;
  const { amountMinor } = amount;
  const share = (frauds: number, known: number): number => (known > 0 ? frauds / known : 0);
  const of = (key: keyof NonNullable<typeof customer>): number => customer?.[key] ?? NaN;
  const meanWithPresent = (sum: number, count: number): number => (sum + amountMinor) / (count + 1) / unit;
  const count30 = of('count30d');
  const mean = count30 > 0 ? of('sum30d') / count30 : NaN;
  const deviation = count30 > 1 ? Math.sqrt(Math.max(0, of('squares30d') / count30 - mean * mean)) : NaN;
  const max = count30 > 0 ? of('max30d') : NaN;
  const weekday = attemptedAt.getUTCDay();
  const inputs: Record<(typeof ENGINE_FEATURES)[number], number> = {
    amount: amountMinor / unit,
    is_weekend: Number(weekday === 0 || weekday === 6),
    is_night: Number(attemptedAt.getUTCHours() <= NIGHT_ENDS_AT_HOUR),
    customer_count_1d: of('count1d') + 1,
    customer_mean_1d: meanWithPresent(of('sum1d'), of('count1d')),
    customer_count_7d: of('count7d') + 1,
    customer_mean_7d: meanWithPresent(of('sum7d'), of('count7d')),
    customer_count_30d: count30 + 1,
    customer_mean_30d: meanWithPresent(of('sum30d'), count30),
    terminal_count_1d: device.known1d,
    terminal_risk_1d: share(device.frauds1d, device.known1d),
    terminal_count_7d: device.known7d,
    terminal_risk_7d: share(device.frauds7d, device.known7d),
    terminal_count_30d: device.known30d,
    terminal_risk_30d: share(device.frauds30d, device.known30d),
    earlier_mean_30d: mean / unit,
    earlier_deviation_30d: deviation / unit,
    earlier_max_30d: max / unit,
    earlier_count_30d: count30,
    amount_to_mean: mean > 0 ? amountMinor / mean : NaN,
    amount_to_max: max > 0 ? amountMinor / max : NaN,
    amount_z_score: deviation > 0 ? (amountMinor - mean) / deviation : NaN,
    big_count_1d: of('big1d'),
    big_count_7d: of('big7d'),
    big_count_14d: of('big14d'),
    customer_count_1h: of('count1h'),
    seconds_since_previous: of('gap'),
    terminal_frauds_14d: device.frauds14d,
    terminal_frauds_28d: device.frauds28d,
    terminal_count_28d: device.count28d,
    days_since_last_fraud: device.daysSinceLastFraud ?? NaN,
    days_since_first_fraud: device.daysSinceFirstFraud ?? NaN,
    terminal_fraud_run: device.fraudRun,
  };
  return Float64Array.from(ENGINE_FEATURES, (name) => inputs[name]);
}
