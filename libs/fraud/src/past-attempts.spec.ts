import { customerHours, modelEvidence, subjectHistory, type PastAttempts, type SpanCount } from './past-attempts.js';

const DAY = 86_400;

/** One attempt of the device in each span, of 100, 200 … minor units; that in the sixth in another currency. */
const counts: SpanCount[] = Array.from({ length: 9 }, (_, span) =>
  span === 5 ? [0, span, 1, 0, null] : [0, span, 1, 1, 100 * (span + 1)],
);

describe(subjectHistory.name, () => {
  it('adds up the spans that each window holds', () => {
    expect(subjectHistory({ counts, customer: [] }, 'device')).toEqual({
      attempts5Minutes: 1,
      attempts1Hour: 2,
      attempts24Hours: 3,
      attempts7Days: 4,
      attempts30Days: 8,
      amountMinor24Hours: 700 + 800 + 900,
      amounts30Days: { count: 7, sumMinor: 200 + 300 + 400 + 500 + 700 + 800 + 900 },
    });
  });

  it('keeps the subjects apart, and one without attempts at zero', () => {
    const past: PastAttempts = { counts: [...counts, [1, 8, 4, 4, 40]], customer: [] };

    expect(subjectHistory(past, 'card')).toMatchObject({ attempts5Minutes: 4, attempts30Days: 4, amountMinor24Hours: 40 });
    expect(subjectHistory(past, 'ip')).toMatchObject({ attempts30Days: 0, amounts30Days: { count: 0, sumMinor: 0 } });
  });

  it.each([
    ['just under', 299.999_999, 1],
    ['at', 300, 0],
    ['ahead of our clock', -2, 1],
  ])('counts a customer’s attempt of five minutes ago, %s', (_, age, attempts5Minutes) => {
    expect(subjectHistory({ counts: [], customer: [[age, 100]] }, 'customer')).toMatchObject({ attempts5Minutes, attempts1Hour: 1 });
  });

  it('sums a customer’s attempts in the currency asked for only', () => {
    const past: PastAttempts = {
      counts: [],
      customer: [
        [60, 100],
        [120, null],
        [2 * DAY, 300],
      ],
    };

    expect(subjectHistory(past, 'customer')).toMatchObject({
      attempts24Hours: 2,
      attempts30Days: 3,
      amountMinor24Hours: 100,
      amounts30Days: { count: 2, sumMinor: 400 },
    });
  });
});

describe(customerHours.name, () => {
  it('counts by the hours of the merchant’s clocks', () => {
    const at = new Date('2026-05-01T23:30:00Z');

    const hours = customerHours(
      {
        counts: [],
        customer: [
          [0, 1],
          [3_600, 1],
          [DAY, null],
        ],
      },
      at,
      2 * 3_600_000,
    );

    expect(hours).toEqual(Array.from({ length: 24 }, (_, hour) => ({ 0: 1, 1: 2 })[hour] ?? 0));
  });
});

describe(modelEvidence.name, () => {
  it('knows of a device what can be known a week later', () => {
    expect(modelEvidence({ counts, customer: [] }, {}, false)).toMatchObject({
      customer: null,
      device: { count28d: 7, known1d: 1, known7d: 2, known30d: 5, frauds30d: 0, daysSinceLastFraud: null, fraudRun: 0 },
    });
  });

  it('takes the frauds that became known', () => {
    const forModel = {
      frauds1d: 0,
      frauds7d: 1,
      frauds14d: 1,
      frauds28d: 1,
      frauds30d: 2,
      daysSinceLastFraud: 9.5,
      daysSinceFirstFraud: 36,
      fraudRun: 0,
    };

    expect(modelEvidence({ counts, customer: [] }, { forModel }, false).device).toMatchObject({ known7d: 2, ...forModel });
  });

  it('tells a customer without attempts from no customer', () => {
    const past: PastAttempts = { counts: [], customer: [] };

    expect(modelEvidence(past, {}, true).customer).toMatchObject({ count30d: 0, sum30d: 0, gap: null });
  });
});
