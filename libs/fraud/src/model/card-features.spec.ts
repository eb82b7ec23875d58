import { transactionAt } from './protocol.js';
import { BIG_TIMES_MEAN, CardFeatureStream, ENGINE_FEATURES, LABEL_DELAY_SECONDS } from './card-features.js';
import { type CardTransaction, type CardTransactions } from './card-data.js';
import { simulate } from './simulator.js';

const DAY = 86_400;

/** Every feature of one row computed from the whole table by filters: slow and plain, as the handbook describes it. */
function batchFeatures(data: CardTransactions, row: number): number[] {
  const present = transactionAt(data, row);
  const before = Array.from({ length: row }, (_, index) => transactionAt(data, index));
  const ageOf = (other: { timeSeconds: number }): number => present.timeSeconds - other.timeSeconds;
  const own = before.filter((other) => other.customer === present.customer);
  const within = (days: number) => own.filter((other) => ageOf(other) < days * DAY);
  const withPresent = (days: number): number[] => {
    const amounts = [...within(days), present].map((other) => other.amountMinor);
    return [amounts.length, sum(amounts) / amounts.length / 100];
  };
  const earlier = within(30).map((other) => other.amountMinor);
  const mean = sum(earlier) / earlier.length;
  const deviation =
    earlier.length > 1 ? Math.sqrt(Math.max(0, sum(earlier.map((amount) => amount * amount)) / earlier.length - mean * mean)) : NaN;
  const max = Math.max(...earlier);
  const isBig = ({ amountMinor }: CardTransaction): boolean => amountMinor * earlier.length > BIG_TIMES_MEAN * sum(earlier);
  const bigs = (days: number): number => within(days).filter(isBig).length;
  const terminal = before.filter((other) => other.terminal === present.terminal);
  const known = (days: number) =>
    terminal.filter((other) => ageOf(other) >= LABEL_DELAY_SECONDS && ageOf(other) < LABEL_DELAY_SECONDS + days * DAY);
  const frauds = (days: number): number => known(days).filter((other) => other.isFraud).length;
  const risk = (days: number): number[] => [known(days).length, known(days).length > 0 ? frauds(days) / known(days).length : 0];
  const fraudAges = known(30)
    .filter((other) => other.isFraud)
    .map((other) => ageOf(other) / DAY);
  const lastBreak = known(30).findLastIndex((other) => !other.isFraud);
  const weekday = new Date(present.timeSeconds * 1_000).getUTCDay();
  return [
    present.amountMinor / 100,
    Number(weekday === 0 || weekday === 6),
    Number(new Date(present.timeSeconds * 1_000).getUTCHours() <= 6),
    ...[1, 7, 30].flatMap(withPresent),
    ...[1, 7, 30].flatMap(risk),
    mean / 100,
    deviation / 100,
    earlier.length > 0 ? max / 100 : NaN,
    earlier.length,
    mean > 0 ? present.amountMinor / mean : NaN,
    max > 0 ? present.amountMinor / max : NaN,
    deviation > 0 ? (present.amountMinor - mean) / deviation : NaN,
    ...[1, 7, 14].map(bigs),
    within(1 / 24).length,
    within(30).length > 0 ? ageOf(own.at(-1)!) : NaN,
    frauds(14),
    frauds(28),
    terminal.filter((other) => ageOf(other) < 28 * DAY).length,
    fraudAges.at(-1) ?? NaN,
    fraudAges[0] ?? NaN,
    known(30).length - 1 - lastBreak,
  ];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

describe('CardFeatureStream', () => {
  it('gives the features of the batch, row for row and bit for bit', () => {
    const data = simulate({ seed: 7, customers: 12, terminals: 400, days: 75 });
    const stream = new CardFeatureStream();

    for (let row = 0; row < data.length; row++) {
      const streamed = new Float64Array(ENGINE_FEATURES.length);
      stream.push(transactionAt(data, row), streamed);

      if (row % 7 === 0) expect([...streamed]).toEqual(batchFeatures(data, row));
    }
    expect(data.length).toBeGreaterThan(1_000);
  });

  it('never lets a label act before it is known', () => {
    const payments = (isFraud: boolean) =>
      [0, 6, 7.5].map((day) => ({ timeSeconds: day * DAY, customer: 1, terminal: 1, amountMinor: 100, isFraud }));
    const risks = (isFraud: boolean): number[] => {
      const stream = new CardFeatureStream();
      return payments(isFraud).map((payment) => {
        const into = new Float64Array(ENGINE_FEATURES.length);
        stream.push(payment, into);
        return into[ENGINE_FEATURES.indexOf('terminal_risk_30d')] ?? NaN;
      });
    };

    expect(risks(false)).toEqual([0, 0, 0]);
    expect(risks(true)).toEqual([0, 0, 1]);
  });
});
