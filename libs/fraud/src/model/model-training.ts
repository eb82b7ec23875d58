/** Models with their cards: trained on a week of simulated payments, or on four weeks of one's own, and measured on four folds. */
import { type CardTransactions } from './card-data.js';
import { ENGINE_FEATURES } from './card-features.js';
import { MODEL_TRAINING, meanOf, rowsOf, type FoldFigures } from './evaluation.js';
import { FraudModel, MODEL_FORMAT, trainCalibrated, type Figures, type FraudModelDocument, type ModelCard } from './fraud-model.js';
import { type TrainingRows } from './gradient-boosting.js';
import { areaUnderRoc, averagePrecision, calibrationError, cardPrecision, distributionOf, type Distribution } from './metrics.js';
import { dayOf, featureTable, FOLD_STARTS, foldOf } from './protocol.js';

/** What the trainer is told besides the data. */
export interface ModelOrigin {
  readonly version: string;
  readonly trainedAt: string;
  /** Where the data come from, in words. */
  readonly data: string;
}

const TRAINING_DAYS = 7;
const CARDS_A_DAY = 100;
const SIMULATED_LIMITS = [
  'Learned from simulated payments: it knows the three kinds of fraud of the simulation and no others. Keep it in shadow until a model has been trained on your own labels.',
  'Amounts are taken in major units of one currency; payments in other currencies are outside what it has seen.',
  'Real card data give an average precision of .05 to .10 where simulated data give .75.',
];

/** What was measured of a model before it was trained anew on all of its data. */
interface Measured {
  readonly window: readonly [string, string];
  readonly folds: ModelCard['folds'];
  readonly calibrationError: number;
  readonly limits: readonly string[];
}

/** Trains on the newest week of the protocol. @param folds - The evaluation of the same data, for the card. */
export function trainModel(data: CardTransactions, folds: readonly FoldFigures[], origin: ModelOrigin): FraudModelDocument {
  const start = FOLD_STARTS[0];
  const firstDay = dayOf(start);
  const lastDay = firstDay + TRAINING_DAYS - 1;
  const rows = rowsOf(featureTable(data, firstDay, lastDay), foldOf(data, start).training, ENGINE_FEATURES);
  return documentOf(rows, origin, {
    window: [start, dateOf(lastDay)],
    folds: folds.map((fold) => ({ start: fold.start, ...fold.figures.engine })),
    calibrationError: meanOf(folds, (fold) => fold.decisions.calibrationError),
    limits: SIMULATED_LIMITS,
  });
}

/** A payment of one's own: what a model saw of it then, and what is known of it today. */
export interface LabelledPayment {
  /** Days since 1970, UTC. */
  readonly day: number;
  readonly customer: string;
  readonly inputs: readonly (number | null)[];
  readonly isFraud: boolean;
}

/** There are not enough days or frauds to train and measure a model. */
export class TooFewPaymentsError extends Error {
  override readonly name = 'TooFewPaymentsError';
}

const FOLDS = 4;
/** A fold trains on four weeks: real frauds are rare. Then a week until labels are known, then a week of test. */
const OWN_TRAINING_DAYS = 28;
const MIN_FRAUDS = 30;

/**
 * Trains on payments of one's own, the newest four weeks whose labels are known, and measures by four folds, each a week earlier.
 *
 * @param payments - In order of time; the last one's day is today's.
 * @throws TooFewPaymentsError
 */
export function trainOnPayments(payments: readonly LabelledPayment[], origin: ModelOrigin): FraudModelDocument {
  const lastDay = payments.at(-1)?.day ?? 0;
  const folds: ({ start: string } & Figures & { calibrationError: number })[] = [];
  for (let fold = 0; fold < FOLDS; fold++) {
    const testDay = lastDay + 1 - TRAINING_DAYS * (fold + 2);
    const firstDay = testDay - TRAINING_DAYS - OWN_TRAINING_DAYS;
    const training = labelledRows(payments.filter(({ day }) => day >= firstDay && day < firstDay + OWN_TRAINING_DAYS));
    const test = payments.filter(({ day }) => day >= testDay && day < testDay + TRAINING_DAYS);
    folds.push({ start: dateOf(firstDay), ...measure(training, test) });
  }
  const until = lastDay + 1 - TRAINING_DAYS;
  const rows = labelledRows(payments.filter(({ day }) => day >= until - OWN_TRAINING_DAYS && day < until));
  return documentOf(rows, origin, {
    window: [dateOf(until - OWN_TRAINING_DAYS), dateOf(until - 1)],
    folds: folds.map(({ start, auc, ap, cp100 }) => ({ start, auc, ap, cp100 })),
    calibrationError: folds.reduce((sum, fold) => sum + fold.calibrationError, 0) / FOLDS,
    limits: ['A payment without a label counts as legitimate: frauds that nobody reported taught the model to let them pass.'],
  });
}

function measure(training: TrainingRows, test: readonly LabelledPayment[]): Figures & { calibrationError: number } {
  const model = new FraudModel({ format: MODEL_FORMAT, version: 'fold', ...trainCalibrated(training, MODEL_TRAINING) });
  const { values, labels } = labelledRows(test, 1);
  const scores = Float64Array.from(labels, (_, row) => model.probability(values, row * ENGINE_FEATURES.length));
  const customers = new Map<string, number>();
  const scored = test.map(({ day, customer, isFraud }, row) => {
    if (!customers.has(customer)) customers.set(customer, customers.size);
    return { day, customer: customers.get(customer) ?? 0, score: scores[row] ?? 0, isFraud };
  });
  return {
    auc: areaUnderRoc(scores, labels),
    ap: averagePrecision(scores, labels),
    cp100: cardPrecision(scored, CARDS_A_DAY),
    calibrationError: calibrationError(scores, labels),
  };
}

function labelledRows(payments: readonly LabelledPayment[], minFrauds = MIN_FRAUDS): TrainingRows {
  const frauds = payments.filter(({ isFraud }) => isFraud).length;
  if (frauds < minFrauds || frauds === payments.length) {
    throw new TooFewPaymentsError(
      `a stretch of the data holds ${frauds} frauds of ${payments.length} payments; at least ${minFrauds} are needed`,
    );
  }
  return {
    featureNames: ENGINE_FEATURES,
    values: Float64Array.from(payments.flatMap(({ inputs }) => inputs.map((input) => input ?? NaN))),
    labels: Uint8Array.from(payments, ({ isFraud }) => Number(isFraud)),
  };
}

function documentOf(rows: TrainingRows, { version, trainedAt, data }: ModelOrigin, measured: Measured): FraudModelDocument {
  return {
    format: MODEL_FORMAT,
    version,
    card: {
      trainedAt,
      data,
      window: measured.window,
      rows: rows.labels.length,
      frauds: rows.labels.reduce((sum, label) => sum + label, 0),
      labelDelayDays: TRAINING_DAYS,
      options: MODEL_TRAINING,
      folds: measured.folds,
      calibrationError: Number(measured.calibrationError.toFixed(4)),
      distributions: distributionsOf(rows),
      limits: measured.limits,
    },
    ...trainCalibrated(rows, MODEL_TRAINING),
  };
}

function dateOf(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}

function distributionsOf({ featureNames, values, labels }: TrainingRows): Record<string, Distribution> {
  const width = featureNames.length;
  const column = (index: number): Float64Array => Float64Array.from(labels, (_, row) => values[row * width + index] ?? NaN);
  return Object.fromEntries(featureNames.map((name, index) => [name, distributionOf(column(index))]));
}

/** Why a challenger may not replace a champion; empty when it may. */
export function promotionObstacles(challenger: FraudModelDocument, champion: FraudModelDocument | null): string[] {
  const obstacles: string[] = [];
  const mean = ({ card }: FraudModelDocument, figure: 'ap' | 'cp100'): number =>
    card.folds.reduce((sum, fold) => sum + fold[figure], 0) / card.folds.length;
  if (challenger.card.folds.length < 4) obstacles.push('it was measured on fewer than four folds');
  if (!(challenger.card.calibrationError < 0.02)) obstacles.push('its calibration error is not below 0.02');
  if (champion === null) return obstacles;
  for (const figure of ['ap', 'cp100'] as const) {
    const [new_, old] = [mean(challenger, figure), mean(champion, figure)];
    if (!(new_ > old)) obstacles.push(`its ${figure} of ${new_.toFixed(4)} does not beat the champion's ${old.toFixed(4)}`);
  }
  return obstacles;
}
