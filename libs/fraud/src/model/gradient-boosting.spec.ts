import { binned } from './bins.js';
import { calibrated, fitCalibration } from './calibration.js';
import { FraudModel, type MODEL_FORMAT } from './fraud-model.js';
import { DEFAULT_TRAINING, trainTrees, type TrainingRows } from './gradient-boosting.js';
import { averagePrecision } from './metrics.js';
import { SeededRandom } from './random.js';
import { TreeScorer } from './tree-ensemble.js';

/** Fraud when the first number is high and the second low; the third is noise, and a tenth of the first is unknown. */
function someRows(seed: number, count = 4_000): TrainingRows {
  const random = new SeededRandom(seed);
  const values = new Float64Array(count * 3);
  const labels = new Uint8Array(count);
  for (let row = 0; row < count; row++) {
    const [first, second] = [random.uniform(), random.uniform()];
    values.set([random.uniform() < 0.1 ? NaN : first, second, random.uniform()], row * 3);
    labels[row] = Number(first > 0.8 && second < 0.3);
  }
  return { featureNames: ['first', 'second', 'noise'], values, labels };
}

function margins(scorer: TreeScorer, rows: TrainingRows): Float64Array {
  return Float64Array.from(rows.labels, (_, row) => scorer.margin(rows.values, row * 3));
}

describe('trainTrees', () => {
  const ensemble = trainTrees(someRows(1));

  it('learns what makes a fraud, and holds on rows it has not seen', () => {
    const unseen = someRows(2);

    expect(averagePrecision(margins(new TreeScorer(ensemble), unseen), unseen.labels)).toBeGreaterThan(0.85);
  });

  it('gives the same trees for the same rows', () => {
    expect(trainTrees(someRows(1))).toEqual(ensemble);
  });

  it('survives JSON', () => {
    const rows = someRows(3, 100);
    const stored = JSON.parse(JSON.stringify(ensemble)) as typeof ensemble;

    expect(margins(new TreeScorer(stored), rows)).toEqual(margins(new TreeScorer(ensemble), rows));
  });

  it('gives the base rate when there is nothing to split on', () => {
    const rows = { featureNames: ['constant'], values: new Float64Array(10), labels: Uint8Array.from([1, 0, 0, 0, 0, 0, 0, 0, 0, 0]) };

    const margin = new TreeScorer(trainTrees(rows, { ...DEFAULT_TRAINING, trees: 3 })).margin(Float64Array.of(5));

    expect(1 / (1 + Math.exp(-margin))).toBeCloseTo(0.14, 1);
  });
});

describe('reasons', () => {
  it('add up to the margin and name what mattered', () => {
    const ensemble = trainTrees(someRows(1));
    const scorer = new TreeScorer(ensemble);
    const row = Float64Array.of(0.95, 0.1, 0.5);

    const reasons = scorer.reasons(row, 3);

    const roots = ensemble.trees.reduce((sum, tree) => sum + (tree.value[0] ?? 0), 0);
    const sum = reasons.reduce((total, { share }) => total + share, 0);
    expect(ensemble.bias + roots + sum).toBeCloseTo(scorer.margin(row), 9);
    expect(
      reasons
        .slice(0, 2)
        .map(({ feature }) => feature)
        .toSorted(),
    ).toEqual(['first', 'second']);
  });
});

describe('binned', () => {
  it('keeps unknown values apart, below every known one', () => {
    const { bins, cuts } = binned(Float64Array.of(NaN, 1, 2, 3, NaN, 3), 0, 1);

    expect([...bins]).toEqual([0, 1, 2, 3, 0, 3]);
    expect(cuts).toEqual([0, 1.5, 2.5]);
  });

  it('cuts the tail finely', () => {
    const { cuts } = binned(
      Float64Array.from({ length: 50_000 }, (_, index) => index),
      0,
      1,
    );

    expect(cuts.filter((cut) => cut > 49_900).length).toBeGreaterThan(30);
  });
});

describe('fitCalibration', () => {
  it('finds the line that made the labels', () => {
    const random = new SeededRandom(5);
    const raw = Float64Array.from({ length: 20_000 }, () => random.normal(0, 2));
    const labels = Uint8Array.from(raw, (margin) => Number(random.uniform() < calibrated({ slope: 0.5, intercept: -1 }, margin)));

    const { slope, intercept } = fitCalibration(raw, labels);

    expect(slope).toBeCloseTo(0.5, 1);
    expect(intercept).toBeCloseTo(-1, 1);
  });
});

describe('FraudModel', () => {
  it('refuses a document of another format', () => {
    const document = {
      format: 99 as typeof MODEL_FORMAT,
      version: 'x',
      calibration: { slope: 1, intercept: 0 },
      ensemble: trainTrees(someRows(1, 50)),
    };

    expect(() => new FraudModel(document)).toThrow('models of format 99 are not known');
  });
});
