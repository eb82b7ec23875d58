import { type Rule } from '../rule.js';

/** Probabilities are kept this far from 0 and 1, where the log-odds are infinite. */
const EDGE = 1e-6;

/** The model's calibrated probability as log-odds, where evidence adds up: even odds are 0, one in a hundred is −4.6. */
export const mlRiskRule: Rule = {
  name: 'ml_risk',
  version: 1,
  read({ model }) {
    const measure = 'log_odds';
    if (model === null) return [{ measure, value: 'unavailable', detail: 'no model is live' }];
    const { probability, version, reasons = [] } = model;
    if (probability === null || !(probability >= 0 && probability <= 1)) {
      return [{ measure, value: 'unavailable', detail: `model ${version} gave no probability` }];
    }
    const because = reasons.map(({ feature, share }) => `${feature} ${share < 0 ? '−' : '+'}${Math.abs(share).toFixed(2)}`);
    const estimate = `probability ${probability.toFixed(4)} by model ${version}`;
    return [{ measure, value: logOdds(probability), detail: because.length === 0 ? estimate : `${estimate}: ${because.join(', ')}` }];
  },
};

/** The logarithm of the odds of a probability of 0 … 1, cut off one in a million from either end. */
export function logOdds(probability: number): number {
  const inside = Math.min(1 - EDGE, Math.max(EDGE, probability));
  return Math.log(inside / (1 - inside));
}
