/** `npm run bench:fraud`: rules, model, reasons and back-test in process; no database. Prints one line a figure, then JSON. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  assessRisk,
  Backtest,
  CARD_ENGINE,
  CardFeatureStream,
  cardSnapshot,
  DEFAULT_RULE_SETS,
  ENGINE_FEATURES,
  FraudModel,
  simulate,
  type FraudFeatures,
  type FraudModelDocument,
  type PastPayment,
} from '#fraud';

const PAYMENTS = 60_000;
const WIDTH = ENGINE_FEATURES.length;
const document = JSON.parse(
  await readFile(path.resolve(import.meta.dirname, '../../libs/fraud/models/default-1.json'), 'utf8'),
) as FraudModelDocument;
const model = new FraudModel(document);
const values = featuresOf();

const probabilities = new Float64Array(PAYMENTS);
const scoring = timesOf((payment) => (probabilities[payment] = model.probability(values, payment * WIDTH)));
const decision = timesOf((payment) => {
  const row = values.subarray(payment * WIDTH, (payment + 1) * WIDTH);
  assessRisk(cardSnapshot(row, 0, model.probability(row)), CARD_ENGINE);
  model.reasons(row, 3);
});
const past = Array.from({ length: PAYMENTS }, (_, payment) =>
  JSON.stringify(cardSnapshot(values, payment * WIDTH, probabilities[payment] ?? 0)),
);
const [first, second] = [backtest(past), backtest(past)];
const figures = {
  modelP50Us: quantile(scoring, 0.5),
  decisionP50Us: quantile(decision, 0.5),
  decisionP99Us: quantile(decision, 0.99),
  backtestPaymentsPerSecond: Math.round(Math.max(first.perSecond, second.perSecond)),
  isDigestEqual: first.digest === second.digest,
};
console.log(`model alone                         p50 ${figures.modelP50Us.toFixed(1)} µs`);
console.log(
  `snapshot, rules, model and reasons  p50 ${figures.decisionP50Us.toFixed(1)} µs, p99 ${figures.decisionP99Us.toFixed(1)} µs (target: p99 ≤ 100 µs)`,
);
console.log(`back-test, stored JSON to report    ${figures.backtestPaymentsPerSecond} payments/s of one core (target: ≥ 50 000)`);
console.log(`digest of a repeat                  ${figures.isDigestEqual ? 'equal' : 'DIFFERENT'}`);
console.log(JSON.stringify(figures));

function featuresOf(): Float64Array {
  const data = simulate({ seed: 1, customers: 500, terminals: 1_000, days: 100 });
  const into = new Float64Array(PAYMENTS * WIDTH);
  const stream = new CardFeatureStream();
  for (let row = 0; row < PAYMENTS; row++) {
    const [timeSeconds = 0, customer = 0, terminal = 0] = [data.timeSeconds[row], data.customer[row], data.terminal[row]];
    stream.push(
      { timeSeconds, customer, terminal, amountMinor: data.amountMinor[row] ?? 0, isFraud: data.fraud[row] === 1 },
      into,
      row * WIDTH,
    );
  }
  return into;
}

/** Microseconds of each call, the first tenth left out as warm-up. */
function timesOf(work: (payment: number) => unknown): Float64Array {
  const times = new Float64Array(PAYMENTS);
  for (let payment = 0; payment < PAYMENTS; payment++) {
    const started = performance.now();
    work(payment);
    times[payment] = (performance.now() - started) * 1_000;
  }
  return times.subarray(PAYMENTS / 10).toSorted();
}

function backtest(stored: readonly string[]): { perSecond: number; digest: string } {
  const started = process.cpuUsage();
  const run = new Backtest(DEFAULT_RULE_SETS.retail);
  for (const [index, text] of stored.entries()) {
    const payment: PastPayment = {
      id: String(index),
      features: JSON.parse(text) as FraudFeatures,
      decision: 'allow',
      isFraud: null,
      failurePolicy: 'open',
      weight: 1,
    };
    run.add(payment);
  }
  const { digest } = run.finish();
  const { user, system } = process.cpuUsage(started);
  return { perSecond: (stored.length * 1e6) / (user + system), digest };
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? NaN;
}
