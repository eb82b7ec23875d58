import fc from 'fast-check';
import { areaUnderRoc, averagePrecision, calibrationError, cardPrecision, distributionOf, stabilityIndex } from './metrics.js';

const scores = Float64Array.from([0.1, 0.4, 0.35, 0.8]);
const labels = Uint8Array.from([0, 0, 1, 1]);

describe('areaUnderRoc', () => {
  it('is the textbook value', () => {
    expect(areaUnderRoc(scores, labels)).toBeCloseTo(0.75, 12);
  });

  it('is a half for a constant score and one for a perfect one', () => {
    expect(areaUnderRoc(new Float64Array(4), labels)).toBe(0.5);
    expect(areaUnderRoc(Float64Array.from(labels), labels)).toBe(1);
  });

  it('equals the share of pairs in the right order', () => {
    const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.boolean()), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(rows, (pairs) => {
        const frauds = pairs.filter(([, isFraud]) => isFraud).map(([score]) => score);
        const others = pairs.filter(([, isFraud]) => !isFraud).map(([score]) => score);
        fc.pre(frauds.length > 0 && others.length > 0);
        const wins = frauds.flatMap((fraud) => others.map((other) => (fraud > other ? 1 : fraud === other ? 0.5 : 0)));
        const expected = wins.reduce<number>((sum, win) => sum + win, 0) / wins.length;

        const area = areaUnderRoc(
          Float64Array.from(pairs, ([score]) => score),
          Uint8Array.from(pairs, ([, isFraud]) => Number(isFraud)),
        );

        expect(area).toBeCloseTo(expected, 12);
      }),
    );
  });
});

describe('averagePrecision', () => {
  it('is the textbook value', () => {
    expect(averagePrecision(scores, labels)).toBeCloseTo(5 / 6, 12);
  });

  it('is the share of frauds for a constant score', () => {
    expect(averagePrecision(new Float64Array(8), Uint8Array.from([1, 0, 0, 0, 0, 0, 0, 1]))).toBe(0.25);
  });
});

describe('cardPrecision', () => {
  const payment = (day: number, customer: number, score: number, isFraud: boolean) => ({ day, customer, score, isFraud });

  it('looks at each customer once a day, by the highest score', () => {
    const payments = [payment(1, 1, 0.9, false), payment(1, 1, 0.1, true), payment(1, 2, 0.5, false), payment(1, 3, 0.4, true)];

    expect(cardPrecision(payments, 2)).toBe(0.5);
  });

  it('does not look at a found customer again', () => {
    const payments = [payment(1, 1, 0.9, true), payment(2, 1, 0.9, true), payment(2, 2, 0.5, false)];

    expect(cardPrecision(payments, 1)).toBe(0.5);
  });
});

describe('calibrationError', () => {
  it('is zero when promises are kept and large when they are not', () => {
    const half = new Float64Array(100).fill(0.5);
    const alternating = Uint8Array.from({ length: 100 }, (_, index) => index % 2);

    expect(calibrationError(half, alternating)).toBeCloseTo(0, 12);
    expect(calibrationError(half, new Uint8Array(100))).toBeCloseTo(0.5, 12);
  });
});

describe('stabilityIndex', () => {
  const sample = (shift: number): Float64Array => Float64Array.from({ length: 1_000 }, (_, index) => (index % 100) + shift);

  it('is near zero for the same population and above 0.25 for a moved one', () => {
    expect(stabilityIndex(distributionOf(sample(0)), sample(0))).toBeLessThan(0.01);
    expect(stabilityIndex(distributionOf(sample(0)), sample(30))).toBeGreaterThan(0.25);
  });

  it('sees values go missing', () => {
    const missing = sample(0).map((value, index) => (index % 2 === 0 ? NaN : value));

    expect(stabilityIndex(distributionOf(sample(0)), missing)).toBeGreaterThan(0.25);
  });
});
