import { Backtest, type PastPayment } from './backtest.js';
import { DEFAULT_RULE_SETS } from './domain/default-rule-sets.js';
import { someFeatures, type FeatureParts } from './domain/features.builder.js';

const BLOCKED: FeatureParts = { lists: { block: [{ entryId: 'bl_1', kind: 'device' }], review: [], allow: [] } };

function past(id: string, parts: FeatureParts, rest: Partial<PastPayment> = {}): PastPayment {
  return { id, features: someFeatures(parts), decision: 'allow', isFraud: null, failurePolicy: 'open', weight: 1, ...rest };
}

function run(payments: readonly PastPayment[]) {
  const backtest = new Backtest(DEFAULT_RULE_SETS.retail);
  for (const payment of payments) backtest.add(payment);
  return backtest.finish();
}

describe('Backtest', () => {
  const payments = [
    past('1', BLOCKED, { isFraud: true, decision: 'block' }),
    past('2', BLOCKED, { isFraud: false }),
    past('3', BLOCKED, { decision: 'block' }),
    past('4', BLOCKED),
    past('5', {}, { isFraud: true }),
    past('6', { device: null }),
  ];

  it('splits the matches of a rule by what became of them', () => {
    const { lines, knownFrauds } = run(payments);

    expect(knownFrauds).toBe(2);
    expect(lines.find(({ name }) => name === 'blacklist')).toEqual({
      name: 'blacklist',
      matches: 4,
      amountMinor: { usd: 4_396 },
      frauds: 1,
      legitimate: 1,
      blockedThen: 1,
      unlabelled: 1,
      precision: 0.5,
      recall: 0.5,
    });
    expect(lines.find(({ name }) => name === 'device_fingerprint')).toMatchObject({ matches: 1, precision: null, recall: 0 });
    expect(lines.find(({ name }) => name === 'score ≥ 85')).toMatchObject({ matches: 4 });
  });

  it('lets a blocked payment that a person looked at stand for those that nobody did', () => {
    const explored = [
      past('1', BLOCKED, { isFraud: true, weight: 20 }),
      past('2', BLOCKED, { isFraud: false, weight: 20 }),
      past('3', BLOCKED, { isFraud: true }),
    ];

    expect(run(explored).lines.find(({ name }) => name === 'blacklist')).toMatchObject({
      matches: 3,
      frauds: 21,
      legitimate: 20,
      precision: 21 / 41,
    });
  });

  it('counts decisions that would have been others', () => {
    expect(run(payments).changed).toEqual({ 'allow → block': 2 });
  });

  it('gives the same digest for the same past, and another for another', () => {
    expect(run(payments).digest).toBe(run(payments).digest);
    expect(run(payments.slice(1)).digest).not.toBe(run(payments).digest);
  });
});
