/** A fraud model as one JSON document: trees, calibration and the card that says where it comes from and what it cannot do. */
import { calibrated, fitCalibration, type Calibration } from './calibration.js';
import { trainTrees, type TrainingOptions, type TrainingRows } from './gradient-boosting.js';
import { type Distribution } from './metrics.js';
import { TreeScorer, type FeatureShare, type TreeEnsemble } from './tree-ensemble.js';

/** Version of the document's shape. */
export const MODEL_FORMAT = 1;

/** What was measured of a ranking. */
export interface Figures {
  readonly auc: number;
  /** Average precision. */
  readonly ap: number;
  /** Card precision of the first hundred a day. */
  readonly cp100: number;
}

/** What a reader must know before trusting the model. */
export interface ModelCard {
  readonly trainedAt: string;
  readonly data: string;
  /** First and last day of the training data. */
  readonly window: readonly [string, string];
  readonly rows: number;
  readonly frauds: number;
  readonly labelDelayDays: number;
  readonly options: TrainingOptions;
  /** One line a fold, as the evaluation printed it. */
  readonly folds: readonly ({ readonly start: string } & Figures)[];
  readonly calibrationError: number;
  /** How each feature was spread over the training data: what drift is measured against. */
  readonly distributions: Readonly<Record<string, Distribution>>;
  readonly limits: readonly string[];
}

/** The document. */
export interface FraudModelDocument {
  readonly format: typeof MODEL_FORMAT;
  readonly version: string;
  readonly card: ModelCard;
  readonly calibration: Calibration;
  readonly ensemble: TreeEnsemble;
}

/** A model that can be asked. */
export class FraudModel {
  readonly version: string;
  readonly featureNames: readonly string[];
  private readonly scorer: TreeScorer;
  private readonly calibration: Calibration;

  /** @throws RangeError for a document of another format. */
  constructor(document: Pick<FraudModelDocument, 'format' | 'version' | 'calibration' | 'ensemble'>) {
    // A document comes from a file or a table, so that the compiler's word is not enough.
    if ((document.format as number) !== MODEL_FORMAT) throw new RangeError(`models of format ${String(document.format)} are not known`);
    this.version = document.version;
    this.featureNames = document.ensemble.featureNames;
    this.calibration = document.calibration;
    this.scorer = new TreeScorer(document.ensemble);
  }

  /** Calibrated probability of fraud of the row that starts at `offset`; unknown values are NaN. */
  probability(row: Float64Array, offset = 0): number {
    return calibrated(this.calibration, this.scorer.margin(row, offset));
  }

  /** The features that moved the estimate most, in log-odds. */
  reasons(row: Float64Array, most: number): FeatureShare[] {
    return this.scorer.reasons(row, most);
  }
}

/** The last two sevenths of the rows, in their order of time, are held out to calibrate on. */
const HELD_OUT_SHARE = 2 / 7;

/**
 * Trains on all rows, and calibrates by what a model of the earlier rows says of the later ones.
 *
 * @param rows - In order of time.
 */
export function trainCalibrated(rows: TrainingRows, options: TrainingOptions): Pick<FraudModelDocument, 'ensemble' | 'calibration'> {
  const width = rows.featureNames.length;
  const cut = Math.floor(rows.labels.length * (1 - HELD_OUT_SHARE));
  const early = { ...rows, values: rows.values.subarray(0, cut * width), labels: rows.labels.subarray(0, cut) };
  const scorer = new TreeScorer(trainTrees(early, options));
  const heldOut = rows.labels.subarray(cut);
  const margins = Float64Array.from(heldOut, (_, index) => scorer.margin(rows.values, (cut + index) * width));
  return { ensemble: trainTrees(rows, options), calibration: fitCalibration(margins, heldOut) };
}
