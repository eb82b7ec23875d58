import { type FraudFeatures } from '../features.js';
import { type Reading, type Rule } from '../rule.js';

const HOURS_A_DAY = 24;
/** Fewer attempts than this do not make a habit. */
const MIN_HABIT_ATTEMPTS = 10;

/** A payment in the dead of the merchant's night, or far from the hours this customer keeps. */
export const timePatternRule: Rule = {
  name: 'time_pattern',
  version: 1,
  read: (features) => [localHour(features), hoursFromHabit(features)],
};

function localHour({ attempt }: FraudFeatures): Reading {
  const measure = 'local_hour';
  if (attempt.localHour === null) return { measure, value: 'not_enough_history', detail: 'the merchant has no time zone' };
  return { measure, value: attempt.localHour, detail: `${attempt.localHour} o'clock at the merchant` };
}

function hoursFromHabit({ attempt, history }: FraudFeatures): Reading {
  const measure = 'hours_from_habit';
  if (history === null) return { measure, value: 'unavailable', detail: 'earlier hours could not be read' };
  const counts = history.customerHours ?? [];
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (attempt.localHour === null || total < MIN_HABIT_ATTEMPTS) {
    return { measure, value: 'not_enough_history', detail: `${total} earlier attempts of the customer` };
  }
  let nearest = HOURS_A_DAY;
  for (const [hour, count] of counts.entries()) {
    if (count > 0) nearest = Math.min(nearest, hoursBetween(hour, attempt.localHour));
  }
  return { measure, value: nearest, detail: `${nearest} h from any hour at which the customer has paid` };
}

/** The shorter way round the clock, 0 … 12. */
function hoursBetween(first: number, second: number): number {
  const straight = Math.abs(first - second);
  return Math.min(straight, HOURS_A_DAY - straight);
}
