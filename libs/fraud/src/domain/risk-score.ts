/** From a snapshot and a rule set to a score, a level and a decision: pure, deterministic, the same for live, shadow, replay and back-test. */
import { type FraudFeatures } from './features.js';
import { FRAUD_RULES } from './fraud-rules.js';
import { type Reading, type Rule, type RuleName } from './rule.js';
import { judge, type Band, type FailurePolicy, type RuleMode, type RuleSet, type RuleSettings } from './rule-set.js';

/** Version of the arithmetic below, stored with every assessment. */
export const ENGINE_VERSION = 1;

/** `low` below 40, `medium` to 69, `high` to 84, `critical` from 85. */
export type RiskLevel = 'low' | 'medium' | 'high' | 'critical';

/** Decisions, the mildest first. */
export const FRAUD_DECISIONS = ['allow', 'review', 'block'] as const;
/** What happens to the payment: `review` holds it before any money moves. */
export type FraudDecision = (typeof FRAUD_DECISIONS)[number];

/**
 * - `fired`: adds points or a floor. `clear`: looked and found nothing.
 * - `not_enough_history`: nothing to compare with yet. `unavailable`: should be known, is not; the failure policy speaks.
 * - `not_applicable`: the rule set gives this rule nothing to judge.
 */
export type FindingOutcome = 'fired' | 'clear' | 'not_enough_history' | 'unavailable' | 'not_applicable';

/** What one rule found. */
export interface Finding {
  readonly rule: string;
  readonly ruleVersion: number;
  readonly mode: RuleMode;
  readonly outcome: FindingOutcome;
  /** The band's code, or the outcome when no band was reached. */
  readonly code: string;
  /** The reading that decided; `null` when there was none. */
  readonly measure: string | null;
  /** Its value; `null` when there was none. */
  readonly value: number | null;
  /** 0 … 100, possibly between integers on a rising band. */
  readonly points: number;
  readonly weight: number;
  /** Integer share of the score; 0 unless the rule is live. */
  readonly contribution: number;
  readonly floor: number | null;
  readonly detail: string;
}

/** A line of the score that is no rule: what an allow entry mutes, what the top cuts off, what a floor lifts. */
export interface Adjustment {
  readonly reason: 'allow_entry' | 'cap' | 'floor' | 'failure_policy';
  /** Integer, negative for `allow_entry` and `cap`. */
  readonly contribution: number;
  readonly detail: string;
}

/** A score with its whole arithmetic: contributions of findings and adjustments add up exactly to it. */
export interface RiskScore {
  /** Integer, 0 … 100. */
  readonly score: number;
  readonly level: RiskLevel;
  readonly decision: FraudDecision;
  /** Sum of weighted points before rounding and the cap: ranks attempts of equal score. */
  readonly evidence: number;
  readonly adjustments: readonly Adjustment[];
}

/** The outcome of {@link assessRisk}. */
export interface RiskAssessment extends RiskScore {
  readonly engineVersion: number;
  readonly ruleSetVersion: string;
  readonly findings: readonly Finding[];
  /** An essential rule could not be evaluated, so that the decision rests on less than it should. */
  readonly isDegraded: boolean;
  /** What the decision would have been had the shadow rules counted; `null` when there were none. */
  readonly shadow: Pick<RiskScore, 'score' | 'level' | 'decision'> | null;
}

/** An operator's own rule with its settings, judged beside the built-in ones. */
export interface OperatorRule {
  readonly rule: Rule;
  readonly settings: RuleSettings;
}

/**
 * Judges a snapshot. The same arguments give the same answer for ever.
 *
 * Precedence: block entries and other floors, then allow entries (which mute points, never floors), then points.
 */
export function assessRisk(features: FraudFeatures, ruleSet: RuleSet, operatorRules: readonly OperatorRule[] = []): RiskAssessment {
  const findings: Finding[] = [];
  let isDegraded = false;
  let hasShadow = false;
  for (const rule of FRAUD_RULES) {
    const settings = ruleSet.rules[rule.name as RuleName];
    if (settings.mode === 'off' || settings.mode === 'draft') continue;
    // A shadow model is shadow whatever the rule set says, or a challenger could act.
    const mode = rule.name === 'ml_risk' && features.model?.mode === 'shadow' ? 'shadow' : settings.mode;
    const finding = evaluate(rule, { ...settings, mode }, features);
    findings.push(finding);
    hasShadow ||= mode === 'shadow';
    isDegraded ||= settings.isEssential && mode === 'live' && finding.outcome === 'unavailable';
  }
  for (const { rule, settings } of operatorRules) {
    if (settings.mode === 'off' || settings.mode === 'draft') continue;
    findings.push(evaluate(rule, settings, features));
    hasShadow ||= settings.mode === 'shadow';
  }
  const context = { ruleSet, isDegraded, isAllowed: (features.lists?.allow.length ?? 0) > 0 };
  const live = combine(findings, context, 'live');
  return {
    ...live,
    engineVersion: ENGINE_VERSION,
    ruleSetVersion: ruleSet.version,
    findings,
    isDegraded,
    shadow: hasShadow ? verdict(combine(findings, context, 'shadow')) : null,
  };
}

/** Runs one rule and judges its readings; a rule that throws is unavailable, never an error of the payment. */
export function evaluate(rule: Rule, settings: RuleSettings, features: FraudFeatures): Finding {
  try {
    return worst(rule, settings, rule.read(features));
  } catch (error) {
    const detail = `the rule failed: ${error instanceof Error ? error.name : 'unknown error'}`;
    return finding(rule, settings, { outcome: 'unavailable', code: 'rule_failed', detail });
  }
}

/** The reading with the most points decides, then the highest floor; readings never add up within a rule. */
function worst(rule: Rule, settings: RuleSettings, readings: readonly Reading[]): Finding {
  let decided: { reading: Reading; band: Band; points: number } | null = null;
  let unavailable: Reading | null = null;
  let missing: Reading | null = null;
  for (const reading of readings) {
    const bands = settings.bands[reading.measure];
    if (bands === undefined) continue;
    if (reading.value === 'not_enough_history') missing ??= reading;
    else {
      const judged = reading.value === 'unavailable' ? null : judge(bands, reading.value);
      if (judged === null) unavailable ??= reading;
      else if (decided === null || isWorse(judged, decided)) decided = { reading, ...judged };
    }
  }
  const hasFired = decided !== null && (decided.points > 0 || decided.band.floor !== undefined);
  if (decided !== null && (hasFired || unavailable === null)) {
    const { reading, band, points } = decided;
    const { measure, value, detail } = reading;
    const outcome = hasFired ? 'fired' : 'clear';
    return finding(rule, settings, { outcome, code: band.code, measure, value: Number(value), points, floor: band.floor ?? null, detail });
  }
  if (unavailable !== null) return absent(rule, settings, 'unavailable', unavailable);
  if (missing !== null) return absent(rule, settings, 'not_enough_history', missing);
  return finding(rule, settings, { outcome: 'not_applicable', code: 'not_applicable', detail: '' });
}

function isWorse(first: { band: Band; points: number }, second: { band: Band; points: number }): boolean {
  if (first.points !== second.points) return first.points > second.points;
  return (first.band.floor ?? 0) > (second.band.floor ?? 0);
}

function absent(rule: Rule, settings: RuleSettings, outcome: 'unavailable' | 'not_enough_history', reading: Reading): Finding {
  return finding(rule, settings, { outcome, code: outcome, measure: reading.measure, detail: reading.detail });
}

function finding(rule: Rule, settings: RuleSettings, found: Pick<Finding, 'outcome' | 'code' | 'detail'> & Partial<Finding>): Finding {
  const points = found.points ?? 0;
  return {
    rule: rule.name,
    ruleVersion: rule.version,
    mode: settings.mode,
    measure: null,
    value: null,
    floor: null,
    ...found,
    points,
    weight: settings.weight,
    contribution: settings.mode === 'live' ? share(settings.weight, points) : 0,
  };
}

/** Rounding each share, not the sum, makes the integers add up exactly and keeps the score monotone in every rule. */
function share(weight: number, points: number): number {
  return Math.round((weight * points) / 100);
}

interface Context {
  readonly ruleSet: RuleSet;
  readonly isDegraded: boolean;
  readonly isAllowed: boolean;
}

const MAX_SCORE = 100;

/** Adds up the live findings, or the live and the shadow ones. */
function combine(findings: readonly Finding[], { ruleSet, isDegraded, isAllowed }: Context, mode: 'live' | 'shadow'): RiskScore {
  let sum = 0;
  let evidence = 0;
  let floor = 0;
  let floorRule = '';
  for (const each of findings) {
    if (each.mode !== 'live' && mode === 'live') continue;
    sum += share(each.weight, each.points);
    evidence += (each.weight * each.points) / 100;
    if (each.floor !== null && each.floor > floor) {
      floor = each.floor;
      floorRule = each.rule;
    }
  }
  const adjustments: Adjustment[] = [];
  let score = sum;
  const adjust = (to: number, reason: Adjustment['reason'], detail: string): void => {
    if (to === score) return;
    adjustments.push({ reason, contribution: to - score, detail });
    score = to;
  };
  if (isAllowed) adjust(0, 'allow_entry', 'an allow entry mutes the points');
  adjust(Math.min(score, MAX_SCORE), 'cap', `the score ends at ${MAX_SCORE}`);
  adjust(Math.max(score, floor), 'floor', `at least ${floor} by ${floorRule}`);
  if (isDegraded) adjust(Math.max(score, policyFloor(ruleSet)), 'failure_policy', `${ruleSet.failurePolicy} when a rule is unavailable`);
  return { score, level: levelOf(score), decision: decisionOf(score, ruleSet), evidence, adjustments };
}

function policyFloor({ failurePolicy, thresholds }: { failurePolicy: FailurePolicy; thresholds: RuleSet['thresholds'] }): number {
  switch (failurePolicy) {
    case 'open':
      return 0;
    case 'hold':
      return thresholds.review;
    case 'closed':
      return thresholds.block;
  }
}

function verdict({ score, level, decision }: RiskScore): Pick<RiskScore, 'score' | 'level' | 'decision'> {
  return { score, level, decision };
}

/** The level of a score; the bounds are the product's and not tunable, so that a level means the same everywhere. */
export function levelOf(score: number): RiskLevel {
  if (score >= 85) return 'critical';
  if (score >= 70) return 'high';
  return score >= 40 ? 'medium' : 'low';
}

/** The decision a score leads to under the thresholds of a rule set. */
export function decisionOf(score: number, { thresholds }: Pick<RuleSet, 'thresholds'>): FraudDecision {
  if (score >= thresholds.block) return 'block';
  return score >= thresholds.review ? 'review' : 'allow';
}
