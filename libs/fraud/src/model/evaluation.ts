/** The book's evaluation of three rankings: the engine's rules alone, a model on the published features, and the whole engine. */
import { assessRisk } from '../domain/risk-score.js';
import { type RuleSet } from '../domain/rule-set.js';
import { CARD_ENGINE, CARD_RULES, cardSnapshot } from './card-assessment.js';
import { type CardTransactions } from './card-data.js';
import { ENGINE_FEATURES, PUBLISHED_FEATURES } from './card-features.js';
import { FraudModel, MODEL_FORMAT, trainCalibrated, type Figures } from './fraud-model.js';
import { type TrainingOptions, type TrainingRows } from './gradient-boosting.js';
import { areaUnderRoc, averagePrecision, calibrationError, cardPrecision } from './metrics.js';
import { dayOf, dayOfRow, featureTable, FOLD_DAYS, FOLD_STARTS, foldOf, type FeatureTable, type Fold } from './protocol.js';

/** What the evaluation trains with: chosen on generated data of seeds 1 to 5. */
export const MODEL_TRAINING: TrainingOptions = { trees: 150, learningRate: 0.06, maxDepth: 4, minLeafHessian: 3, regularization: 5 };

/** The rankings compared, in the order they are printed. */
export const RANKINGS = ['rules', 'published15', 'engine'] as const;
/** One of {@link RANKINGS}. */
export type Ranking = (typeof RANKINGS)[number];

/** How right the engine's decisions were. */
export interface DecisionFigures {
  /** Share of frauds among payments scored 85 and above. */
  readonly blockPrecision: number;
  /** Share of all frauds among payments scored 70 and above. */
  readonly reviewRecall: number;
  /** Share of legitimate payments scored 70 and above. */
  readonly falsePositiveRate: number;
  readonly calibrationError: number;
}

/** What one fold gave. */
export interface FoldFigures {
  readonly start: string;
  readonly trainingRows: number;
  readonly testRows: number;
  readonly testFrauds: number;
  readonly figures: Readonly<Record<Ranking, Figures>>;
  readonly decisions: DecisionFigures;
  /** CPU time of training the engine's model, calibration included. */
  readonly trainingCpuMs: number;
}

const CARDS_A_DAY = 100;

/** Evaluates the folds one by one. @param cpuMs - The process's CPU time so far, for the cost of training. */
export function* evaluateFolds(data: CardTransactions, cpuMs: () => number): Generator<FoldFigures> {
  const starts = FOLD_STARTS.map(dayOf);
  const table = featureTable(data, Math.min(...starts), Math.max(...starts) + FOLD_DAYS - 1);
  for (const start of FOLD_STARTS) yield evaluateFold(table, foldOf(data, start), cpuMs);
}

function evaluateFold(table: FeatureTable, fold: Fold, cpuMs: () => number): FoldFigures {
  const { data } = table;
  const labels = Uint8Array.from(fold.test, (row) => data.fraud[row] ?? 0);
  const test = rowsOf(table, fold.test, PUBLISHED_FEATURES);
  const published = modelOf(rowsOf(table, fold.training, PUBLISHED_FEATURES));
  const cpuBefore = cpuMs();
  const model = modelOf(rowsOf(table, fold.training, ENGINE_FEATURES));
  const trainingCpuMs = cpuMs() - cpuBefore;
  const engine = assessRows(table, fold.test, CARD_ENGINE, model);
  const evidence: Record<Ranking, Float64Array> = {
    rules: assessRows(table, fold.test, CARD_RULES, null).evidence,
    published15: labels.length > 0 ? probabilities(published, test) : new Float64Array(),
    engine: engine.evidence,
  };
  const figures = Object.fromEntries(
    RANKINGS.map((ranking) => [ranking, figuresOf(data, fold, evidence[ranking])]),
  ) as unknown as FoldFigures['figures'];
  return {
    start: fold.start,
    trainingRows: fold.training.length,
    testRows: fold.test.length,
    testFrauds: labels.reduce((sum, label) => sum + label, 0),
    figures,
    decisions: {
      ...decisionFigures(engine.scores, labels),
      calibrationError: calibrationError(probabilities(model, rowsOf(table, fold.test, ENGINE_FEATURES)), labels),
    },
    trainingCpuMs,
  };
}

/** The rows of a table as input of a training, with the first so many features. */
export function rowsOf(table: FeatureTable, rows: readonly number[], featureNames: readonly string[]): TrainingRows {
  const width = ENGINE_FEATURES.length;
  const values = new Float64Array(rows.length * featureNames.length);
  for (const [index, row] of rows.entries()) {
    const from = (row - table.firstRow) * width;
    values.set(table.values.subarray(from, from + featureNames.length), index * featureNames.length);
  }
  return { featureNames, values, labels: Uint8Array.from(rows, (row) => table.data.fraud[row] ?? 0) };
}

function modelOf(rows: TrainingRows): FraudModel {
  return new FraudModel({ format: MODEL_FORMAT, version: 'evaluated', ...trainCalibrated(rows, MODEL_TRAINING) });
}

function probabilities(model: FraudModel, { values, labels, featureNames }: TrainingRows): Float64Array {
  return Float64Array.from(labels, (_, index) => model.probability(values, index * featureNames.length));
}

/** Runs the live scoring over rows of a table. */
function assessRows(table: FeatureTable, rows: readonly number[], ruleSet: RuleSet, model: FraudModel | null) {
  const evidence = new Float64Array(rows.length);
  const scores = new Float64Array(rows.length);
  for (const [index, row] of rows.entries()) {
    const offset = (row - table.firstRow) * ENGINE_FEATURES.length;
    const probability = model === null ? null : model.probability(table.values, offset);
    const assessment = assessRisk(cardSnapshot(table.values, offset, probability), ruleSet);
    evidence[index] = assessment.evidence;
    scores[index] = assessment.score;
  }
  return { evidence, scores };
}

function figuresOf(data: CardTransactions, { test }: Fold, scores: Float64Array): Figures {
  const labels = Uint8Array.from(test, (row) => data.fraud[row] ?? 0);
  const payments = test.map((row, index) => ({
    day: dayOfRow(data, row),
    customer: data.customer[row] ?? 0,
    score: scores[index] ?? 0,
    isFraud: labels[index] === 1,
  }));
  return { auc: areaUnderRoc(scores, labels), ap: averagePrecision(scores, labels), cp100: cardPrecision(payments, CARDS_A_DAY) };
}

function decisionFigures(scores: Float64Array, labels: Uint8Array): Omit<DecisionFigures, 'calibrationError'> {
  let [blocked, blockedFrauds, held, heldFrauds, frauds] = [0, 0, 0, 0, 0];
  for (const [row, label] of labels.entries()) {
    const score = scores[row] ?? 0;
    frauds += label;
    if (score >= 70) {
      held++;
      heldFrauds += label;
    }
    if (score >= 85) {
      blocked++;
      blockedFrauds += label;
    }
  }
  return {
    blockPrecision: blockedFrauds / blocked,
    reviewRecall: heldFrauds / frauds,
    falsePositiveRate: (held - heldFrauds) / (labels.length - frauds),
  };
}

/** The mean of a figure over folds. */
export function meanOf(folds: readonly FoldFigures[], figure: (fold: FoldFigures) => number): number {
  return folds.reduce((sum, fold) => sum + figure(fold), 0) / folds.length;
}
