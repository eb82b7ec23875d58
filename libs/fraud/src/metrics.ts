/** What this library counts, in prom-client's default registry: once for each committed assessment, and what the worker measures daily. Labels are closed sets. */
import { Counter, Gauge, Histogram } from 'prom-client';

/** Assessments by what followed. */
export const fraudDecisionsTotal = new Counter({
  name: 'upp_fraud_decisions_total',
  help: 'Assessed payment attempts by decision and risk level.',
  labelNames: ['decision', 'level', 'mode', 'business_type'] as const,
});

/** The distribution of scores; its bounds are the levels' bounds and the steps between. */
export const fraudScore = new Histogram({
  name: 'upp_fraud_score',
  help: 'Risk scores of assessed payment attempts, 0 to 100.',
  buckets: [0, 10, 20, 30, 39, 50, 60, 69, 75, 80, 84, 90, 95, 100],
});

/** How far the world has moved from what a model learned; set by the process that measures it, so taken with max(). */
export const fraudModelStabilityIndex = new Gauge({
  name: 'upp_fraud_model_stability_index',
  help: 'Highest population stability index of any feature over the last day, measured daily; above 0.25 it has drifted. Absent below 500 payments.',
  labelNames: ['role'] as const,
});
