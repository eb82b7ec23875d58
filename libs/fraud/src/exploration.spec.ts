import { currencyCode, money } from '#kernel';
import { DEFAULT_RULE_SETS } from './domain/default-rule-sets.js';
import { someFeatures, type FeatureParts } from './domain/features.builder.js';
import { assessRisk, type RiskAssessment } from './domain/risk-score.js';
import { explorationOf, type ExplorationSettings } from './exploration.js';

const SETTINGS = { percent: 5, upToMinor: 5_000 };
const LISTED: FeatureParts = { lists: { block: [{ entryId: 'bl_1', kind: 'device' }], review: [], allow: [] } };

function payment(number: number, amountMinor = 1_099) {
  return { paymentId: `pay_${number}`, amount: money(amountMinor, currencyCode('usd')) };
}

/** Blocked by points alone. */
function blocked(parts: FeatureParts = {}): RiskAssessment {
  return { ...assessRisk(someFeatures(parts), DEFAULT_RULE_SETS.retail), decision: 'block' };
}

function explored(settings: ExplorationSettings = SETTINGS, assessment = blocked(), amountMinor = 1_099): number {
  return Array.from({ length: 10_000 }, (_, number) => explorationOf(payment(number, amountMinor), assessment, settings)).filter(
    (each) => each !== null,
  ).length;
}

describe(explorationOf.name, () => {
  it('takes the share it is told, each with the weight of those that it stands for', () => {
    const taken = explored();

    // Of 10 000 with a share of 5 %, 500 ± 5 standard deviations.
    expect(Math.abs(taken - 500)).toBeLessThan(110);
    const weights = new Set(Array.from({ length: 1_000 }, (_, number) => explorationOf(payment(number), blocked(), SETTINGS)?.weight));
    expect(weights).toEqual(new Set([undefined, 20]));
  });

  it('weighs each by one over the share, whatever the share', () => {
    const settings = { percent: 15, upToMinor: 5_000 };

    const sum = Array.from({ length: 10_000 }, (_, number) => explorationOf(payment(number), blocked(), settings)?.weight ?? 0);

    // 1 500 ± 36 of 10 000, each standing for 6⅔.
    expect(Math.abs(sum.reduce((total, weight) => total + weight, 0) - 10_000)).toBeLessThan(1_200);
    expect(new Set(sum)).toEqual(new Set([0, 100 / 15]));
  });

  it('gives one payment one answer', () => {
    const answers = (): unknown[] => Array.from({ length: 100 }, (_, number) => explorationOf(payment(number), blocked(), SETTINGS));

    expect(answers()).toEqual(answers());
  });

  it.each<[string, number]>([
    ['a share of none', explored({ percent: 0, upToMinor: 5_000 })],
    ['a currency without an amount', explored({ percent: 5, upToMinor: null })],
    ['more than the amount', explored(SETTINGS, blocked(), 5_001)],
    ['a listed value', explored(SETTINGS, blocked(LISTED))],
    ['an assessment without its history', explored(SETTINGS, { ...blocked(), isDegraded: true })],
    ['what is not blocked', explored(SETTINGS, { ...blocked(), decision: 'review' })],
  ])('takes nothing of %s', (_what, taken) => {
    expect(taken).toBe(0);
  });

  it('takes the amount itself', () => {
    expect(explored(SETTINGS, blocked(), 5_000)).toBeGreaterThan(0);
  });
});
