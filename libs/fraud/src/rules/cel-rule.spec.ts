import { DEFAULT_RULE_SETS } from '../domain/default-rule-sets.js';
import { someFeatures, someSubjects, type FeatureParts } from '../domain/features.builder.js';
import { assessRisk } from '../domain/risk-score.js';
import { checkRuleSet, type OperatorRuleDefinition } from '../domain/rule-set.js';
import { checkExpression, compileOperatorRule } from './cel-rule.js';
import { parseRuleSet } from './rule-set-document.js';

function aRule(change: Partial<OperatorRuleDefinition>): OperatorRuleDefinition {
  return { name: 'my_rule', expression: 'attempt.amountMinor > 1000', mode: 'live', weight: 45, floor: null, ...change };
}

describe('checkExpression', () => {
  it.each([
    'attempt.amountMinor > 50000 && customer.attempts24Hours == 0',
    'attempt.currency in ["usd", "eur"] && attempt.localHour >= 2 && attempt.localHour < 6',
    'countries.card != "" && countries.card != countries.ip',
    'deviceFrauds.latestRun >= 2 || ip.attempts1Hour > 20',
    'model.probability > 0.9',
  ])('accepts %s', (expression) => {
    expect(checkExpression(expression)).toBeNull();
  });

  it.each([
    ['attempt.amount > 5', 'No such key: amount'],
    ['attempt.amountMinor', 'the condition must be true or false, not double'],
    ['attempt.amountMinor >', 'Unexpected'],
    ['process.exit(1)', 'Unknown variable: process'],
    ['attempt.currency > 5', 'no such overload'],
    ['attempt.currency.matches("(a+)+$")', 'regular expressions are not allowed'],
    [`attempt.amountMinor > 5 ${'&& true '.repeat(140)}`, 'at most 1000 characters'],
    [`${'('.repeat(60)}true${')'.repeat(60)}`, 'maxDepth'],
  ])('refuses %s', (expression, problem) => {
    expect(checkExpression(expression)).toContain(problem);
  });
});

describe('compileOperatorRule', () => {
  const judged = (definition: OperatorRuleDefinition, parts: FeatureParts = {}) =>
    assessRisk(someFeatures(parts), DEFAULT_RULE_SETS.retail, [compileOperatorRule(definition)]).findings.find(
      ({ rule }) => rule === 'my_rule',
    );

  it('is worth its weight when the condition is met', () => {
    expect(judged(aRule({}))).toMatchObject({ outcome: 'fired', contribution: 45, code: 'my_rule' });
    expect(judged(aRule({ expression: 'attempt.amountMinor > 2000' }))).toMatchObject({ outcome: 'clear', contribution: 0 });
  });

  it('sees the histories of the attempt', () => {
    const history = { subjects: someSubjects({ card: { attempts1Hour: 4, amounts30Days: { count: 2, sumMinor: 700 } } }) };

    expect(judged(aRule({ expression: 'card.attempts1Hour == 4 && card.amountMinor30Days == 700' }), { history })).toMatchObject({
      outcome: 'fired',
    });
  });

  it('answers "not enough history" for what is unknown, and never mistakes it for zero', () => {
    expect(judged(aRule({ expression: 'customer.attempts24Hours == 0' }))).toMatchObject({
      outcome: 'not_enough_history',
      contribution: 0,
    });
  });

  it('stops no payment when a stored condition is not valid any more', () => {
    expect(judged(aRule({ expression: 'gone.field > 1' }))).toMatchObject({ outcome: 'unavailable', contribution: 0 });
  });

  it('can set a floor', () => {
    const { decision } = assessRisk(someFeatures(), DEFAULT_RULE_SETS.retail, [compileOperatorRule(aRule({ weight: 0, floor: 70 }))]);

    expect(decision).toBe('review');
  });
});

describe('parseRuleSet', () => {
  it('keeps the default where the document says nothing', () => {
    expect(parseRuleSet('retail', {})).toEqual({ ...DEFAULT_RULE_SETS.retail, operatorRules: [] });
  });

  it('replaces settings one by one and bands measure by measure', () => {
    const bands = { attempts_24h: [{ from: null, points: 0, code: 'clear' }] };

    const parsed = parseRuleSet('gaming', { thresholds: { review: 60 }, rules: { velocity: { weight: 30, bands } } });

    expect(parsed).toMatchObject({ thresholds: { review: 60, block: 85 }, rules: { velocity: { weight: 30, mode: 'live' } } });
    expect(parsed).toHaveProperty('rules.velocity.bands', { ...DEFAULT_RULE_SETS.gaming.rules.velocity.bands, ...bands });
  });

  it('names everything of a wrong shape at once', () => {
    const document = {
      thresholds: { review: '70' },
      rules: { velocity: { weigth: 3 }, magic: {} },
      operatorRules: [{ name: 'a' }],
      more: 1,
    };

    expect(parseRuleSet('retail', document)).toEqual([
      'document.more does not exist',
      'rules.magic does not exist',
      'thresholds.review must be a number',
      'rules.velocity.weigth does not exist',
      'operatorRules.0.expression must be a text',
      'operatorRules.0.weight must be a number',
    ]);
  });

  it('puts a new operator rule into shadow', () => {
    const parsed = parseRuleSet('retail', { operatorRules: [{ name: 'a', expression: 'true', weight: 5 }] });

    expect(parsed).toMatchObject({ operatorRules: [{ name: 'a', mode: 'shadow', floor: null }] });
  });

  it('leaves names and figures to the check of rule sets', () => {
    const operatorRules = [aRule({ name: 'velocity' }), aRule({ name: 'A b' }), aRule({ weight: 200 })];

    expect(checkRuleSet({ ...DEFAULT_RULE_SETS.retail, operatorRules })).toEqual([
      'velocity: the name is taken',
      'A b: the name must be lower snake case',
      'my_rule: the weight must be 0 to 100',
    ]);
  });
});
