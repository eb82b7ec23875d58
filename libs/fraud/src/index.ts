/** Fraud: assesses every payment attempt before money moves. */
export {
  BUSINESS_TYPES,
  COUNT_CAP,
  FEATURES_SCHEMA_VERSION,
  SUBJECTS,
  type AmountHistory,
  type AttemptFeatures,
  type BusinessType,
  type DeviceFeatures,
  type FraudFeatures,
  type HistoryFeatures,
  type ListFeatures,
  type ListHit,
  type LocationFeatures,
  type ModelFeatures,
  type Place,
  type Subject,
  type SubjectHistory,
} from './domain/features.js';
export { DEFAULT_RULE_SETS } from './domain/default-rule-sets.js';
export { RULE_NAMES, type Reading, type Rule, type RuleName } from './domain/rule.js';
export {
  checkBands,
  checkRuleSet,
  judge,
  type Band,
  type FailurePolicy,
  type RuleMode,
  type RuleSet,
  type RuleSettings,
} from './domain/rule-set.js';
export {
  assessRisk,
  decisionOf,
  ENGINE_VERSION,
  levelOf,
  type Adjustment,
  type Finding,
  type FindingOutcome,
  type FraudDecision,
  type OperatorRule,
  type RiskAssessment,
  type RiskLevel,
  type RiskScore,
} from './domain/risk-score.js';
export { type FraudAttempt } from './fraud-attempt.js';
export { FraudCoreModule } from './fraud.module.js';
export { FraudService, type AttemptAssessment } from './fraud.service.js';
