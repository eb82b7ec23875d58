import fc from 'fast-check';
import { BUSINESS_TYPES } from '#merchants';
import { DEFAULT_RULE_SETS } from './default-rule-sets.js';
import { someFeatures } from './features.builder.js';
import { type FraudFeatures } from './features.js';
import { type Rule } from './rule.js';
import { checkBands, checkRuleSet, judge, type Band, type FailurePolicy, type RuleSet, type RuleSettings } from './rule-set.js';
import { assessRisk, decisionOf, evaluate, levelOf, type OperatorRule } from './risk-score.js';

const retail = DEFAULT_RULE_SETS.retail;

/** A rule set whose built-in rules are off, so that the operator rules given decide alone. */
const silent: RuleSet = {
  ...retail,
  rules: Object.fromEntries(
    Object.entries(retail.rules).map(([name, settings]) => [name, { ...settings, mode: 'off' }]),
  ) as unknown as RuleSet['rules'],
};

function fixedRule(name: string, points: number, weight: number, floor?: number): OperatorRule {
  const band: Band = floor === undefined ? { from: null, points, code: 'fixed' } : { from: null, points, code: 'fixed', floor };
  return {
    rule: { name, version: 1, read: () => [{ measure: 'fixed', value: 0, detail: '' }] },
    settings: { mode: 'live', weight, isEssential: false, bands: { fixed: [band] } },
  };
}

const anyRules = fc.array(fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 })), { minLength: 1, maxLength: 10 });
const build = (rows: [number, number][]): OperatorRule[] => rows.map(([points, weight], index) => fixedRule(`r${index}`, points, weight));

function withPolicy(failurePolicy: FailurePolicy): RuleSet {
  return { ...retail, failurePolicy };
}

describe('assessRisk', () => {
  it('gives contributions that add up exactly to a score of 0 to 100', () => {
    fc.assert(
      fc.property(anyRules, fc.boolean(), fc.boolean(), (rows, isAllowed, isListed) => {
        const entry = [{ entryId: 'bl_1', kind: 'device' }];
        const lists = { allow: isAllowed ? entry : [], block: [], review: isListed ? entry : [] };

        const { score, findings, adjustments } = assessRisk(someFeatures({ lists }), retail, build(rows));

        const sum = [...findings, ...adjustments].reduce((total, { contribution }) => total + contribution, 0);
        expect(sum).toBe(score);
        expect(Number.isInteger(score) && score >= 0 && score <= 100).toBe(true);
        expect(findings.every(({ contribution }) => Number.isInteger(contribution) && contribution >= 0)).toBe(true);
      }),
    );
  });

  it('never lowers the score when a rule gives more points', () => {
    fc.assert(
      fc.property(anyRules, fc.nat(), fc.integer({ min: 0, max: 100 }), (rows, which, extra) => {
        const raised = rows.map(([points, weight], index): [number, number] =>
          index === which % rows.length ? [Math.min(100, points + extra), weight] : [points, weight],
        );

        const before = assessRisk(someFeatures(), silent, build(rows));
        const after = assessRisk(someFeatures(), silent, build(raised));

        expect(after.score).toBeGreaterThanOrEqual(before.score);
        expect(after.evidence).toBeGreaterThanOrEqual(before.evidence);
      }),
    );
  });

  it('does not depend on the order of the rules', () => {
    fc.assert(
      fc.property(anyRules, (rows) => {
        const rules = build(rows);

        expect(assessRisk(someFeatures(), silent, rules.toReversed()).score).toBe(assessRisk(someFeatures(), silent, rules).score);
      }),
    );
  });

  it('gives the same answer to a snapshot that went through the database', () => {
    const features = someFeatures({
      device: null,
      attempt: { localHour: 3 },
      model: { version: 'm', mode: 'live', probability: 0.4, inputs: [1, null] },
    });
    const stored = JSON.parse(JSON.stringify(features)) as FraudFeatures;

    expect(assessRisk(stored, retail)).toEqual(assessRisk(features, retail));
  });

  it('cuts off above 100 and says so', () => {
    const { score, adjustments } = assessRisk(someFeatures(), silent, [fixedRule('a', 100, 80), fixedRule('b', 100, 60)]);

    expect(score).toBe(100);
    expect(adjustments).toEqual([{ reason: 'cap', contribution: -40, detail: 'the score ends at 100' }]);
  });

  it('lets an allow entry mute points but no floor', () => {
    const lists = { allow: [{ entryId: 'bl_1', kind: 'customer' }], block: [], review: [] };

    expect(assessRisk(someFeatures({ lists }), silent, [fixedRule('a', 100, 90)]).score).toBe(0);
    expect(assessRisk(someFeatures({ lists }), silent, [fixedRule('a', 100, 90, 88)]).score).toBe(88);
  });

  it.each([
    ['open', 'allow', 0],
    ['hold', 'review', 70],
    ['closed', 'block', 85],
  ] as const)('%s: an unreadable past means %s', (policy, decision, score) => {
    const assessment = assessRisk(someFeatures({ history: null }), withPolicy(policy));

    expect(assessment).toMatchObject({ decision, score, isDegraded: true });
  });

  it('does not call a missing model degraded', () => {
    expect(assessRisk(someFeatures(), withPolicy('closed')).isDegraded).toBe(false);
  });

  it('still blocks what is certain when the past is unreadable', () => {
    const lists = { block: [{ entryId: 'bl_1', kind: 'ip' }], review: [], allow: [] };

    expect(assessRisk(someFeatures({ history: null, lists }), withPolicy('open')).decision).toBe('block');
  });

  it('keeps shadow and draft rules from acting', () => {
    const shadow = fixedRule('shadow', 100, 90);
    const draft = fixedRule('draft', 100, 90);
    const rules = [
      { ...shadow, settings: { ...shadow.settings, mode: 'shadow' as const } },
      { ...draft, settings: { ...draft.settings, mode: 'draft' as const } },
    ];

    const assessment = assessRisk(someFeatures(), silent, rules);

    expect(assessment).toMatchObject({ score: 0, decision: 'allow', shadow: { score: 90, decision: 'block' } });
    expect(assessment.findings.map(({ rule }) => rule)).toEqual(['shadow']);
  });
});

describe('evaluate', () => {
  const settings: RuleSettings = {
    mode: 'live',
    weight: 10,
    isEssential: true,
    bands: { size: [{ from: null, points: 0, code: 'clear' }] },
  };
  const rule = (read: Rule['read']): Rule => ({ name: 'test', version: 1, read });

  it('reports a rule that throws as unavailable', () => {
    const failing = rule(() => {
      throw new RangeError('secret');
    });

    expect(evaluate(failing, settings, someFeatures())).toMatchObject({
      outcome: 'unavailable',
      code: 'rule_failed',
      contribution: 0,
      detail: 'the rule failed: RangeError',
    });
  });

  it('reports NaN as unavailable', () => {
    const broken = rule(() => [{ measure: 'size', value: NaN, detail: '' }]);

    expect(evaluate(broken, settings, someFeatures()).outcome).toBe('unavailable');
  });

  it('does not call a rule clear while one of its readings is unavailable', () => {
    const half = rule(() => [
      { measure: 'size', value: 1, detail: '' },
      { measure: 'size', value: 'unavailable', detail: '' },
    ]);

    expect(evaluate(half, settings, someFeatures()).outcome).toBe('unavailable');
  });
});

describe('judge', () => {
  const bands: Band[] = [
    { from: null, points: 0, code: 'low' },
    { from: 10, points: 20, risesTo: 60, code: 'middle' },
    { from: 20, points: 80, code: 'high' },
  ];

  it.each([
    [-Infinity, 'low', 0],
    [9.999, 'low', 0],
    [10, 'middle', 20],
    [15, 'middle', 40],
    [20, 'high', 80],
    [Infinity, 'high', 80],
  ])('puts %d into %s with %d points', (value, code, points) => {
    expect(judge(bands, value)).toMatchObject({ band: { code }, points });
  });

  it('finds exactly one band for every number', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        expect(judge(bands, value)).not.toBeNull();
      }),
    );
  });
});

describe('checkRuleSet', () => {
  it.each(BUSINESS_TYPES)('accepts the default rule set of %s', (businessType) => {
    expect(checkRuleSet(DEFAULT_RULE_SETS[businessType])).toEqual([]);
  });

  it.each([
    ['no bands', [], 'the first band must start at null, which is below every number'],
    [
      'a first band with a lower end',
      [{ from: 0, points: 0, code: 'a' }],
      'the first band must start at null, which is below every number',
    ],
    [
      'an overlap',
      [
        { from: null, points: 0, code: 'a' },
        { from: 5, points: 1, code: 'b' },
        { from: 5, points: 2, code: 'c' },
      ],
      'band 2 must start above band 1',
    ],
    ['too many points', [{ from: null, points: 101, code: 'a' }], 'band 0 must give 0 to 100 points'],
    [
      'NaN as a bound',
      [
        { from: null, points: 0, code: 'a' },
        { from: NaN, points: 1, code: 'b' },
      ],
      'band 1 must start at a number',
    ],
    [
      'a rise without an end',
      [
        { from: null, points: 0, code: 'a' },
        { from: 1, points: 0, risesTo: 50, code: 'b' },
      ],
      'band 1 can only rise between two numbers',
    ],
  ])('refuses %s', (_name, bands: Band[], problem) => {
    expect(checkBands(bands)).toContain(problem);
  });

  it('names the rule and the measure at fault', () => {
    const velocity = { ...retail.rules.velocity, weight: -1, bands: { attempts_24h: [] } };

    expect(checkRuleSet({ ...retail, thresholds: { review: 90, block: 80 }, rules: { ...retail.rules, velocity } })).toEqual([
      'thresholds must hold 0 < review ≤ block ≤ 100',
      'velocity: the weight must be 0 to 100',
      'velocity.attempts_24h: the first band must start at null, which is below every number',
    ]);
  });
});

describe('levels and decisions', () => {
  it.each([
    [0, 'low', 'allow'],
    [39, 'low', 'allow'],
    [40, 'medium', 'allow'],
    [69, 'medium', 'allow'],
    [70, 'high', 'review'],
    [84, 'high', 'review'],
    [85, 'critical', 'block'],
    [100, 'critical', 'block'],
  ])('a score of %d is %s and means %s', (score, level, decision) => {
    expect(levelOf(score)).toBe(level);
    expect(decisionOf(score, retail)).toBe(decision);
  });
});
