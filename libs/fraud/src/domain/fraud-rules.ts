import { type Rule } from './rule.js';
import { amountAnomalyRule } from './rules/amount-anomaly.rule.js';
import { blacklistRule } from './rules/blacklist.rule.js';
import { businessLogicRule } from './rules/business-logic.rule.js';
import { deviceFingerprintRule } from './rules/device-fingerprint.rule.js';
import { locationAnomalyRule } from './rules/location-anomaly.rule.js';
import { mlRiskRule } from './rules/ml-risk.rule.js';
import { timePatternRule } from './rules/time-pattern.rule.js';
import { velocityRule } from './rules/velocity.rule.js';

/** The built-in rules: one file and one line each. */
export const FRAUD_RULES: readonly Rule[] = [
  velocityRule,
  amountAnomalyRule,
  deviceFingerprintRule,
  locationAnomalyRule,
  timePatternRule,
  blacklistRule,
  businessLogicRule,
  mlRiskRule,
];
