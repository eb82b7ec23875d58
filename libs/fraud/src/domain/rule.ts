/** What a fraud rule is: pure code that takes readings, while the rule set says what each reading is worth. */
import { type FraudFeatures } from './features.js';

/** The eight built-in rules, in the order of their explanation. */
export const RULE_NAMES = [
  'velocity',
  'amount_anomaly',
  'device_fingerprint',
  'location_anomaly',
  'time_pattern',
  'blacklist',
  'business_logic',
  'ml_risk',
] as const;
/** One of {@link RULE_NAMES}. */
export type RuleName = (typeof RULE_NAMES)[number];

/** A number that a rule took from the snapshot, or the reason why there is none. */
export interface Reading {
  /** Names the bands of the rule set that judge the value: `attempts_24h`. */
  readonly measure: string;
  /**
   * - `not_enough_history`: the world has not yet shown enough (a new customer, no location); worth nothing.
   * - `unavailable`: it should be known and is not (a slow database, a broken model); the failure policy applies.
   */
  readonly value: number | 'not_enough_history' | 'unavailable';
  /** For the analyst, without personal data: `card: 12 attempts in 24 h`. */
  readonly detail: string;
}

/** One rule: deterministic, synchronous and without I/O. */
export interface Rule {
  readonly name: string;
  /** Raised whenever the same snapshot may give another reading. */
  readonly version: number;
  read(features: FraudFeatures): readonly Reading[];
}

/**
 * How many times `amount` is of `average`, rounded up to thousandths, so that a band from 4.001 means "more than four times".
 *
 * @param average - As sum and count, both of which must be above 0.
 */
export function timesAverage(amountMinor: number, average: { readonly count: number; readonly sumMinor: number }): number {
  // Whole numbers are exact up to 2^53; an amount of a billion times a capped count of 1 000 times 1 000 still is.
  return Math.ceil((amountMinor * average.count * 1_000) / average.sumMinor) / 1_000;
}
