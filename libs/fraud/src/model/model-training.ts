/** A model with its card, trained on a week of card payments and measured by the book's protocol. */
import { type CardTransactions } from './card-data.js';
import { ENGINE_FEATURES } from './card-features.js';
import { MODEL_TRAINING, meanOf, rowsOf, type FoldFigures } from './evaluation.js';
import { MODEL_FORMAT, trainCalibrated, type FraudModelDocument } from './fraud-model.js';
import { type TrainingRows } from './gradient-boosting.js';
import { distributionOf, type Distribution } from './metrics.js';
import { dayOf, featureTable, FOLD_STARTS, foldOf } from './protocol.js';

/** What the trainer is told besides the data. */
export interface ModelOrigin {
  readonly version: string;
  readonly trainedAt: string;
  /** Where the data come from, in words. */
  readonly data: string;
}

const TRAINING_DAYS = 7;
const LIMITS = [
  'Learned from simulated payments: it knows the three kinds of fraud of the simulation and no others. Keep it in shadow until a model has been trained on your own labels.',
  'Amounts are taken in major units of one currency; payments in other currencies are outside what it has seen.',
  'Real card data give an average precision of .05 to .10 where simulated data give .75.',
];

/** Trains on the newest week of the protocol. @param folds - The evaluation of the same data, for the card. */
export function trainModel(data: CardTransactions, folds: readonly FoldFigures[], origin: ModelOrigin): FraudModelDocument {
  const start = FOLD_STARTS[0];
  const firstDay = dayOf(start);
  const lastDay = firstDay + TRAINING_DAYS - 1;
  const rows = rowsOf(featureTable(data, firstDay, lastDay), foldOf(data, start).training, ENGINE_FEATURES);
  return {
    format: MODEL_FORMAT,
    version: origin.version,
    card: {
      trainedAt: origin.trainedAt,
      data: origin.data,
      window: [start, new Date(lastDay * 86_400_000).toISOString().slice(0, 10)],
      rows: rows.labels.length,
      frauds: rows.labels.reduce((sum, label) => sum + label, 0),
      labelDelayDays: TRAINING_DAYS,
      options: MODEL_TRAINING,
      folds: folds.map((fold) => ({ start: fold.start, ...fold.figures.engine })),
      calibrationError: Number(meanOf(folds, (fold) => fold.decisions.calibrationError).toFixed(4)),
      distributions: distributionsOf(rows),
      limits: LIMITS,
    },
    ...trainCalibrated(rows, MODEL_TRAINING),
  };
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
