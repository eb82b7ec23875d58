/** Fraud: assesses every payment attempt before money moves. */
export {
  COUNT_CAP,
  FEATURES_SCHEMA_VERSION,
  SUBJECTS,
  type AmountHistory,
  type AttemptFeatures,
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
export { BlacklistService } from './blacklist/blacklist.service.js';
export { LIST_KINDS, LIST_NAMES, type ListKind, type ListName } from './blacklist/list-value.js';
export { Backtest, type BacktestLine, type BacktestReport, type PastPayment } from './backtest.js';
export { BacktestService, type BacktestRequest } from './backtest.service.js';
export { BacktestModule, FraudCoreModule, FraudModule, ReviewsCoreModule } from './fraud.module.js';
export { LabelsRepository, type FraudLabel } from './labels.repository.js';
export { ReviewQueue, type StripeReview } from './reviews/review-queue.js';
export {
  CLOSED_REASONS,
  ReviewedPayments,
  type ClosedReason,
  type Review,
  type ReviewDecision,
  type ReviewEffect,
} from './reviews/review.js';
export { ReviewsService } from './reviews/reviews.service.js';
export { FraudService, type AttemptAssessment } from './fraud.service.js';
export { CardCsvParser, CSV_COLUMNS, formatCsv, type CardTransaction, type CardTransactions } from './model/card-data.js';
export { CARD_ENGINE, CARD_RULES, cardSnapshot } from './model/card-assessment.js';
export { CardFeatureStream, ENGINE_FEATURES, PUBLISHED_FEATURES } from './model/card-features.js';
export {
  evaluateFolds,
  meanOf,
  MODEL_TRAINING,
  RANKINGS,
  rowsOf,
  type DecisionFigures,
  type FoldFigures,
  type Ranking,
} from './model/evaluation.js';
export { FraudModel, MODEL_FORMAT, trainCalibrated, type Figures, type FraudModelDocument, type ModelCard } from './model/fraud-model.js';
export {
  promotionObstacles,
  TooFewPaymentsError,
  trainModel,
  trainOnPayments,
  type LabelledPayment,
  type ModelOrigin,
} from './model/model-training.js';
export { ModelsService, type ActiveModels, type DriftReport } from './model/models.service.js';
export { type TrainingOptions, type TrainingRows } from './model/gradient-boosting.js';
export {
  areaUnderRoc,
  averagePrecision,
  calibrationError,
  cardPrecision,
  distributionOf,
  stabilityIndex,
  type Distribution,
  type ScoredPayment,
} from './model/metrics.js';
export { dayOf, dayOfRow, featureTable, FOLD_DAYS, FOLD_STARTS, foldOf, type FeatureTable, type Fold } from './model/protocol.js';
export { PUBLISHED_SIZES, simulate, type SimulationOptions } from './model/simulator.js';
