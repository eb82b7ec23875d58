import { SUBJECTS, type FraudFeatures, type SubjectHistory } from '../features.js';
import { type Reading, type Rule } from '../rule.js';

/** More attempts than a device, card, customer or address of this business makes. The busiest of the four speaks. */
export const velocityRule: Rule = {
  name: 'velocity',
  version: 1,
  read: (features) => [
    busiest(features, 'attempts_24h', '24 h', (history) => history.attempts24Hours),
    busiest(features, 'attempts_5m', '5 min', (history) => history.attempts5Minutes),
  ],
};

function busiest(features: FraudFeatures, measure: string, window: string, count: (history: SubjectHistory) => number): Reading {
  if (features.history === null) return { measure, value: 'unavailable', detail: 'earlier attempts could not be read' };
  let value = 0;
  let who = 'device';
  for (const subject of SUBJECTS) {
    const history = features.history.subjects[subject];
    if (history !== null && count(history) > value) {
      value = count(history);
      who = subject;
    }
  }
  return { measure, value, detail: `${who}: ${value} earlier attempts in ${window}` };
}
