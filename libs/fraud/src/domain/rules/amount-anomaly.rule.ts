import { type AmountHistory, type FraudFeatures } from '../features.js';
import { timesAverage, type Reading, type Rule } from '../rule.js';

/** Fewer attempts than this say nothing about what is usual. */
const MIN_OWN_ATTEMPTS = 3;
/** The business type's average needs more, because it mixes strangers. */
const MIN_TYPE_ATTEMPTS = 30;

/** An amount far above what this customer, or else this device, or else this kind of business pays. */
export const amountAnomalyRule: Rule = {
  name: 'amount_anomaly',
  version: 1,
  read(features) {
    const amount: Reading = { measure: 'amount_minor', value: features.attempt.amountMinor, detail: 'the amount itself' };
    return [amount, ratio(features)];
  },
};

function ratio({ attempt, history }: FraudFeatures): Reading {
  if (history === null) return { measure: 'times_own_average', value: 'unavailable', detail: 'earlier amounts could not be read' };
  for (const subject of ['customer', 'device'] as const) {
    const own = history.subjects[subject]?.amounts30Days;
    if (own !== undefined && isEnough(own, MIN_OWN_ATTEMPTS)) return reading('times_own_average', attempt.amountMinor, own, subject);
  }
  if (history.businessType === null) {
    return { measure: 'times_type_average', value: 'unavailable', detail: 'the average of the business type could not be read' };
  }
  if (isEnough(history.businessType, MIN_TYPE_ATTEMPTS)) {
    return reading('times_type_average', attempt.amountMinor, history.businessType, attempt.businessType);
  }
  return { measure: 'times_own_average', value: 'not_enough_history', detail: 'no average to compare with' };
}

function isEnough(history: AmountHistory, minimum: number): boolean {
  return history.count >= minimum && history.sumMinor > 0;
}

function reading(measure: string, amountMinor: number, average: AmountHistory, whose: string): Reading {
  const value = timesAverage(amountMinor, average);
  return { measure, value, detail: `${value} times the ${whose} average of 30 days` };
}
