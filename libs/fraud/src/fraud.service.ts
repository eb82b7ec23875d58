import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { DEFAULT_PROFILES } from '#merchants';
import { type Queryable } from '#platform';
import { AttemptsRepository, type FraudEvidence } from './attempts.repository.js';
import { type FraudFeatures, type ModelFeatures } from './domain/features.js';
import { assessRisk, type FraudDecision, type RiskAssessment, type RiskLevel } from './domain/risk-score.js';
import { type FailurePolicy } from './domain/rule-set.js';
import { snapshotOf } from './feature-snapshot.js';
import { type FraudAttempt } from './fraud-attempt.js';
import { type AssessmentPage, FraudRepository, type Judgement, type StoredAssessment } from './fraud.repository.js';
import { FraudConsequences } from './fraud-consequences.js';
import { AssessmentNotFoundError } from './fraud.errors.js';
import { fraudDecisionsTotal, fraudScore } from './metrics.js';
import { liveInputs } from './model/live-inputs.js';
import { modelEvidence } from './past-attempts.js';
import { type ActiveModel, ModelsService } from './model/models.service.js';
import { type CompiledRuleSet, RuleSetsService } from './rules/rule-sets.service.js';

/** What the caller of an assessment acts upon. */
export interface AttemptAssessment {
  readonly id: string;
  /** 0–100. */
  readonly score: number;
  readonly level: RiskLevel;
  readonly decision: FraudDecision;
  /** An essential rule could not be evaluated; the profile's failure policy is part of the score. */
  readonly isDegraded: boolean;
}

/** Features that an analyst is shown of a model's estimate. */
const REASONS = 3;

/** Assesses every payment attempt before money moves. */
@Injectable()
export class FraudService {
  constructor(
    private readonly attempts: AttemptsRepository,
    private readonly repository: FraudRepository,
    private readonly ruleSets: RuleSetsService,
    private readonly models: ModelsService,
    private readonly consequences: FraudConsequences,
    private readonly clock: Clock,
  ) {}

  /**
   * Counts the attempt, judges it and stores the assessment, all in the transaction that records the payment: none exists without the other.
   *
   * The device and the card stay locked until that transaction ends, so that attempts in parallel see each other.
   *
   * @throws DatabaseUnavailableError when the database is away: then no payment is recorded either, and nothing was charged.
   */
  async assess(transaction: Queryable, attempt: FraudAttempt): Promise<AttemptAssessment> {
    const startedMs = this.clock.monotonicMs();
    const profile = attempt.profile ?? DEFAULT_PROFILES[attempt.businessType];
    const { champion, challenger } = await this.models.getActive(transaction);
    const { live, shadow } = await this.ruleSets.getActive(transaction, attempt.merchantId, attempt.businessType);
    const evidence = await this.attempts.record(transaction, attempt, startedMs);
    const estimate = estimateOf(attempt, evidence, champion ?? challenger);
    const features = snapshotOf(attempt, evidence, estimate);
    const assessment = judge(features, live, profile.riskFailurePolicy);
    const inShadow = shadow === null ? null : judge(features, shadow, profile.riskFailurePolicy);
    const exploration = this.consequences.explorationOf(attempt, assessment);
    const id = await this.repository.insertAssessment(transaction, attempt, {
      assessment,
      exploration,
      features,
      failurePolicy: profile.riskFailurePolicy,
      shadowRuleSet: inShadow && { version: inShadow.ruleSetVersion, score: inShadow.score, decision: inShadow.decision },
      challenger: champion === null ? null : challengerOf(estimateOf(attempt, evidence, challenger)),
      durationUs: Math.round((this.clock.monotonicMs() - startedMs) * 1_000),
    });
    const { score, level, isDegraded } = assessment;
    const isBlockedByList = (features.lists?.block.length ?? 0) > 0;
    const judged = { assessmentId: id, assessment, exploration, isBlockedByList };
    const decision = await this.consequences.follow(transaction, attempt, judged, profile.review);
    transaction.afterCommit(() => {
      fraudDecisionsTotal.inc({
        decision: assessment.decision,
        level,
        mode: attempt.mode ?? 'enforce',
        business_type: attempt.businessType,
      });
      fraudScore.observe(score);
    });
    return { id, score, level, decision, isDegraded };
  }

  /** The last assessment of a payment; null for one that was never assessed. */
  findOfPayment(scope: { readonly merchantId: string; readonly livemode: boolean }, paymentId: string): Promise<StoredAssessment | null> {
    return this.repository.findOfPayment(scope, paymentId);
  }

  /** A page of assessments, the newest first. */
  list(scope: { readonly merchantId: string; readonly livemode: boolean }, page: AssessmentPage): Promise<StoredAssessment[]> {
    return this.repository.list(scope, page);
  }

  /** An assessment with its whole arithmetic. @throws AssessmentNotFoundError */
  async get(scope: { readonly merchantId: string; readonly livemode: boolean }, id: string): Promise<StoredAssessment> {
    const stored = await this.repository.findAssessment(scope, id);
    if (stored === null) throw new AssessmentNotFoundError();
    return stored;
  }

  /**
   * Judges a stored snapshot again by the rule set of its time: the same number, for ever.
   *
   * @throws AssessmentNotFoundError @throws RuleSetNotFoundError when the product's default of then is not in this release.
   */
  async replay(
    scope: { readonly merchantId: string; readonly livemode: boolean },
    id: string,
  ): Promise<{ stored: StoredAssessment; replayed: RiskAssessment }> {
    const stored = await this.get(scope, id);
    const ruleSet = await this.ruleSets.getByName(scope.merchantId, stored.businessType, stored.ruleSetVersion);
    return { stored, replayed: judge(stored.features, ruleSet, stored.contributions.failurePolicy) };
  }
}

/** A model's estimate; null without a model, and without a probability when the model gave no number. */
function estimateOf(attempt: FraudAttempt, { attemptedAt, past, labels }: FraudEvidence, active: ActiveModel | null): ModelFeatures | null {
  if (active === null || past === null || labels === null) return null;
  const inputs = liveInputs(attempt.amount, new Date(attemptedAt), modelEvidence(past, labels, attempt.customerId !== null));
  const estimate = askedFor(active, inputs);
  return {
    version: active.model.version,
    mode: active.mode,
    ...estimate,
    inputs: Array.from(inputs, (value) => (Number.isNaN(value) ? null : Number(value.toPrecision(7)))),
  };
}

/** A model comes from a file: one that fails, or gives no number, gives no probability, and stops no payment. */
function askedFor({ model }: ActiveModel, inputs: Float64Array): Pick<ModelFeatures, 'probability' | 'reasons'> {
  try {
    const probability = model.probability(inputs);
    if (Number.isNaN(probability)) return { probability: null };
    const reasons = model.reasons(inputs, REASONS).map(({ feature, share }) => ({ feature, share: Number(share.toFixed(3)) }));
    return { probability, reasons };
  } catch {
    return { probability: null };
  }
}

function challengerOf(estimate: ModelFeatures | null): Judgement['challenger'] {
  return estimate && { version: estimate.version, probability: estimate.probability };
}

function judge(features: FraudFeatures, { ruleSet, operatorRules }: CompiledRuleSet, failurePolicy: FailurePolicy): RiskAssessment {
  return assessRisk(features, { ...ruleSet, failurePolicy }, operatorRules);
}
