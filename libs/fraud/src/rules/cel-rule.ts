/** Operators' rules: conditions in the Common Expression Language over the snapshot, checked when saved, compiled once. */
import { Environment } from '@marcbachmann/cel-js';
import { type FraudFeatures, type Subject } from '../domain/features.js';
import { type OperatorRule } from '../domain/risk-score.js';
import { type Rule } from '../domain/rule.js';
import { type OperatorRuleDefinition, type RuleSet } from '../domain/rule-set.js';

/** Longer conditions are rules in a trench coat: write several. */
const MAX_EXPRESSION_LENGTH = 1_000;
// A condition runs inside a payment: it may be no larger than this, and lists in it no longer.
const LIMITS = { maxAstNodes: 300, maxDepth: 30, maxListElements: 100, maxMapEntries: 10, maxCallArguments: 8 };

const SUBJECT_FIELDS = {
  attempts5Minutes: 'double',
  attempts1Hour: 'double',
  attempts24Hours: 'double',
  attempts7Days: 'double',
  attempts30Days: 'double',
  amountMinor24Hours: 'double',
  amountMinor30Days: 'double',
} as const;

/** What a condition may name. A group that is unknown for a payment makes its rule answer "not enough history". */
const GROUPS = {
  attempt: {
    amountMinor: 'double',
    currency: 'string',
    businessType: 'string',
    method: 'string',
    hasCustomerEmail: 'bool',
    localHour: 'double',
  },
  device: { status: 'string', capabilityCount: 'double', ageSeconds: 'double', isAutomationAuthorised: 'bool' },
  deviceHistory: SUBJECT_FIELDS,
  card: SUBJECT_FIELDS,
  customer: SUBJECT_FIELDS,
  ip: SUBJECT_FIELDS,
  deviceFrauds: { count28Days: 'double', latestRun: 'double' },
  // Unknown countries are empty texts.
  countries: { ip: 'string', card: 'string', device: 'string' },
  model: { probability: 'double' },
} as const;
type Group = keyof typeof GROUPS;
const GROUP_NAMES = Object.keys(GROUPS) as Group[];

const environment = new Environment({ limits: LIMITS });
// Comparisons of a number with a literal such as 5, which CEL takes for an integer.
environment.registerOperator('double == int', (first: number, second: bigint) => first === Number(second));
for (const name of GROUP_NAMES) environment.registerVariable({ name, schema: GROUPS[name] });

/** What is wrong with a condition, as a sentence; null when it may be saved. */
export function checkExpression(expression: string): string | null {
  if (expression.length > MAX_EXPRESSION_LENGTH) return `the condition must be at most ${MAX_EXPRESSION_LENGTH} characters`;
  // One pattern can take hours on one text, and a payment would wait for it.
  if (/\bmatches\b/.test(expression)) return 'regular expressions are not allowed; use ==, in, startsWith, endsWith or contains';
  const checked = environment.check(expression);
  if (!checked.valid) return checked.error?.message.split('\n', 1)[0] ?? 'the condition is not valid';
  return String(checked.type) === 'bool' ? null : `the condition must be true or false, not ${String(checked.type)}`;
}

/**
 * Compiles a condition. One that is not valid any more, such as after an upgrade, answers "unavailable" and stops no payment.
 */
export function compileOperatorRule({ name, expression, mode, weight, floor }: OperatorRuleDefinition): OperatorRule {
  const problem = checkExpression(expression);
  const evaluate = problem === null ? environment.parse(expression) : null;
  const needed = GROUP_NAMES.filter((group) => new RegExp(`\\b${group}\\b`).test(expression));
  const rule: Rule = {
    name,
    version: 1,
    read(features) {
      if (evaluate === null) return [{ measure: 'condition', value: 'unavailable', detail: problem ?? '' }];
      const context = contextOf(features);
      const unknown = needed.find((group) => context[group] === null);
      if (unknown !== undefined) return [{ measure: 'condition', value: 'not_enough_history', detail: `${unknown} is unknown` }];
      return [{ measure: 'condition', value: evaluate(context) === true ? 1 : 0, detail: expression }];
    },
  };
  const met = { from: 1, points: 100, code: name, ...(floor === null ? {} : { floor }) };
  const bands = { condition: [{ from: null, points: 0, code: 'clear' }, met] };
  return { rule, settings: { mode, weight, isEssential: false, bands } };
}

/** The compiled operator rules of a rule set. */
export function compileOperatorRules(ruleSet: RuleSet): OperatorRule[] {
  return (ruleSet.operatorRules ?? []).map(compileOperatorRule);
}

function contextOf(features: FraudFeatures): Record<Group, object | null> {
  const { attempt, device, history, location, model } = features;
  const { ip, card, device: deviceCountry } = location.countries;
  return {
    attempt: { ...attempt, localHour: attempt.localHour ?? -1 },
    device,
    deviceHistory: subject(features, 'device'),
    card: subject(features, 'card'),
    customer: subject(features, 'customer'),
    ip: subject(features, 'ip'),
    deviceFrauds: history?.deviceFrauds ?? null,
    countries: { ip: ip ?? '', card: card ?? '', device: deviceCountry ?? '' },
    model: model?.probability === null ? null : model,
  };
}

function subject({ history }: FraudFeatures, name: Subject): object | null {
  const found = history?.subjects[name] ?? null;
  return found === null ? null : { ...found, amountMinor30Days: found.amounts30Days.sumMinor };
}
