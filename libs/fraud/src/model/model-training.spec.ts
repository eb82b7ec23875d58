import { ENGINE_FEATURES } from './card-features.js';
import { FraudModel } from './fraud-model.js';
import { promotionObstacles, TooFewPaymentsError, trainOnPayments, type LabelledPayment } from './model-training.js';
import { SeededRandom } from './random.js';

const ORIGIN = { version: 'mine-1', trainedAt: '2026-11-23T00:00:00Z', data: 'test' };
const LAST_DAY = 20_780;

/** Ten weeks of 40 payments a day, of which those with a large first input are frauds. */
function somePayments(): LabelledPayment[] {
  const random = new SeededRandom(1);
  return Array.from({ length: 70 * 40 }, (_, index) => {
    const inputs = ENGINE_FEATURES.map(() => (random.uniform() < 0.05 ? null : random.uniform()));
    const day = LAST_DAY - 69 + Math.floor(index / 40);
    return { day, customer: `cus_${index % 300}`, inputs, isFraud: (inputs[0] ?? 0) > 0.9 };
  });
}

describe('trainOnPayments', () => {
  const document = trainOnPayments(somePayments(), ORIGIN);

  it('learns from the newest four weeks whose labels are known', () => {
    expect(document.card).toMatchObject({ rows: 28 * 40, window: ['2026-10-20', '2026-11-16'] });
    const row = (amount: number): Float64Array => Float64Array.from(ENGINE_FEATURES, (_, column) => (column === 0 ? amount : 0.5));
    const model = new FraudModel(document);
    expect(model.probability(row(0.95))).toBeGreaterThan(0.8);
    expect(model.probability(row(0.5))).toBeLessThan(0.05);
  });

  it('measures itself on four folds of weeks it was not trained on, so that it can be promoted', () => {
    expect(document.card.folds.map(({ ap }) => ap > 0.9)).toEqual([true, true, true, true]);
    expect(promotionObstacles(document, null)).toEqual([]);
    expect(promotionObstacles(document, document)).toHaveLength(2);
  });

  it('refuses to learn from next to nothing', () => {
    expect(() => trainOnPayments(somePayments().slice(-1_000), ORIGIN)).toThrow(TooFewPaymentsError);
    expect(() => trainOnPayments([], ORIGIN)).toThrow(TooFewPaymentsError);
  });
});
