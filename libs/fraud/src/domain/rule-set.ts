/** Rule sets: what each reading is worth, as immutable, versioned data. Another opinion is another version, never an edit. */
import { type BusinessType } from '#merchants';
import { RULE_NAMES, type RuleName } from './rule.js';

/** Each costs about a microsecond of every payment. */
const MAX_OPERATOR_RULES = 100;

/**
 * One stretch of the number line. A band reaches from `from` (inclusive) to the next band's `from` (exclusive); the first has no
 * lower end and the last no upper one, so that bands cover the line without a gap or an overlap by construction.
 */
export interface Band {
  /** `null` in the first band only. */
  readonly from: number | null;
  /** 0 … 100. */
  readonly points: number;
  /** Points rise in a straight line to this value at the upper end; needs a finite `from` and a following band. */
  readonly risesTo?: number;
  /** Why, in lower snake case: `attempts_above_limit`. */
  readonly code: string;
  /** The score is at least this, whatever a model or an allow entry says: 70 holds the payment, 85 blocks it. */
  readonly floor?: number;
}

/**
 * - `draft`: stored, never evaluated. `off`: was live once.
 * - `shadow`: evaluated and stored beside the decision; never acts.
 * - `live`: counts.
 */
export type RuleMode = 'draft' | 'shadow' | 'live' | 'off';

/** How one rule counts in a rule set. */
export interface RuleSettings {
  readonly mode: RuleMode;
  /** Most that the rule adds to the score, 0 … 100. */
  readonly weight: number;
  /** Whether the failure policy applies when the rule cannot be evaluated. */
  readonly isEssential: boolean;
  /** By measure; a measure without bands is of no concern to this rule set. */
  readonly bands: Readonly<Record<string, readonly Band[]>>;
}

/** What an essential rule that cannot be evaluated means: `open` nothing, `hold` at least a review, `closed` a block. */
export type FailurePolicy = 'open' | 'hold' | 'closed';

/** Everything an assessment needs besides the snapshot. */
export interface RuleSet {
  /** Names this content for ever: `default-retail-1`. */
  readonly version: string;
  readonly businessType: BusinessType;
  readonly failurePolicy: FailurePolicy;
  /** Scores from which a payment is held or blocked. */
  readonly thresholds: { readonly review: number; readonly block: number };
  /** The eight built-in rules by name. */
  readonly rules: Readonly<Record<RuleName, RuleSettings>>;
  /** Rules that operators wrote, beside the built-in ones. */
  readonly operatorRules?: readonly OperatorRuleDefinition[];
}

/** A condition that an operator wrote; it is worth its weight when it is met. */
export interface OperatorRuleDefinition {
  /** Lower snake case, unlike any built-in rule. */
  readonly name: string;
  /** A condition in the Common Expression Language: `attempt.amountMinor > 50000 && customer.attempts24Hours == 0`. */
  readonly expression: string;
  readonly mode: RuleMode;
  /** What it adds to the score, 0 … 100. */
  readonly weight: number;
  /** The score is at least this when the condition is met; `null` for no floor. */
  readonly floor: number | null;
}

/**
 * What is wrong with a rule set, as sentences that name the place; an empty list means that it may be saved.
 */
export function checkRuleSet(ruleSet: RuleSet): string[] {
  const problems: string[] = [];
  const { review, block } = ruleSet.thresholds;
  if (!(review > 0 && review <= block && block <= 100)) problems.push('thresholds must hold 0 < review ≤ block ≤ 100');
  for (const [name, settings] of Object.entries(ruleSet.rules)) {
    if (!isBetween(settings.weight, 0, 100)) problems.push(`${name}: the weight must be 0 to 100`);
    for (const [measure, bands] of Object.entries(settings.bands)) {
      problems.push(...checkBands(bands).map((problem) => `${name}.${measure}: ${problem}`));
    }
  }
  return [...problems, ...checkOperatorRules(ruleSet.operatorRules ?? [])];
}

function checkOperatorRules(rules: readonly OperatorRuleDefinition[]): string[] {
  const problems: string[] = [];
  const taken = new Set<string>(RULE_NAMES);
  if (rules.length > MAX_OPERATOR_RULES) problems.push(`at most ${MAX_OPERATOR_RULES} operator rules`);
  for (const { name, weight, floor } of rules) {
    if (!/^[a-z][a-z0-9_]{0,63}$/.test(name)) problems.push(`${name}: the name must be lower snake case`);
    if (taken.has(name)) problems.push(`${name}: the name is taken`);
    if (!isBetween(weight, 0, 100)) problems.push(`${name}: the weight must be 0 to 100`);
    if (floor !== null && !isBetween(floor, 0, 100)) problems.push(`${name}: the floor must be 0 to 100`);
    taken.add(name);
  }
  return problems;
}

/** What is wrong with the bands of one measure. */
export function checkBands(bands: readonly Band[]): string[] {
  const problems: string[] = [];
  if (bands[0]?.from !== null) problems.push('the first band must start at null, which is below every number');
  for (const [index, band] of bands.entries()) {
    const previous = index === 0 ? null : bands[index - 1]?.from;
    const next = bands[index + 1];
    if (index > 0 && !Number.isFinite(band.from)) problems.push(`band ${index} must start at a number`);
    if (previous !== null && previous !== undefined && band.from !== null && !(band.from > previous)) {
      problems.push(`band ${index} must start above band ${index - 1}`);
    }
    if (!isBetween(band.points, 0, 100)) problems.push(`band ${index} must give 0 to 100 points`);
    if (band.floor !== undefined && !isBetween(band.floor, 0, 100)) problems.push(`band ${index} must have a floor of 0 to 100`);
    if (band.risesTo === undefined) continue;
    if (!isBetween(band.risesTo, band.points, 100)) problems.push(`band ${index} must rise, to at most 100`);
    if (band.from === null || next === undefined) problems.push(`band ${index} can only rise between two numbers`);
  }
  return problems;
}

function isBetween(value: number, low: number, high: number): boolean {
  return value >= low && value <= high;
}

/** The band that a value falls into, and its points there. @param bands - Checked by {@link checkBands}. */
export function judge(bands: readonly Band[], value: number): { readonly band: Band; readonly points: number } | null {
  let found: Band | undefined;
  let next: Band | undefined;
  for (const band of bands) {
    if (band.from === null || value >= band.from) found = band;
    else {
      next = band;
      break;
    }
  }
  if (found === undefined || Number.isNaN(value)) return null;
  const end = next?.from ?? null;
  if (found.risesTo === undefined || found.from === null || end === null) return { band: found, points: found.points };
  const share = (value - found.from) / (end - found.from);
  return { band: found, points: found.points + share * (found.risesTo - found.points) };
}
