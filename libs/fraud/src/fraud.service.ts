import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { DEFAULT_PROFILES } from '#merchants';
import { type Queryable } from '#platform';
import { ListKeys } from './blacklist/list-keys.js';
import { DEFAULT_RULE_SETS } from './domain/default-rule-sets.js';
import { assessRisk, type FraudDecision, type RiskLevel } from './domain/risk-score.js';
import { snapshotOf } from './feature-snapshot.js';
import { type FraudAttempt } from './fraud-attempt.js';
import { FraudRepository } from './fraud.repository.js';
import { fraudDecisionsTotal, fraudScore } from './metrics.js';
import { ReviewQueue } from './reviews/review-queue.js';

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

/** Milliseconds for reading the past. What is not read by then is unknown, and the profile says what that means. */
const READ_BUDGET_MS = 50;

/** Assesses every payment attempt before money moves. */
@Injectable()
export class FraudService {
  constructor(
    private readonly repository: FraudRepository,
    private readonly listKeys: ListKeys,
    private readonly reviews: ReviewQueue,
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
    const evidence = await this.repository.recordAttempt(transaction, attempt, this.listKeys.keysOf(attempt), READ_BUDGET_MS);
    const features = snapshotOf(attempt, evidence, null);
    const ruleSet = { ...DEFAULT_RULE_SETS[attempt.businessType], failurePolicy: profile.riskFailurePolicy };
    const assessment = assessRisk(features, ruleSet);
    const durationUs = Math.round((this.clock.monotonicMs() - startedMs) * 1_000);
    const id = await this.repository.insertAssessment(transaction, attempt, { assessment, features, durationUs });
    const { score, level, isDegraded } = assessment;
    const isBlockedByList = (features.lists?.block.length ?? 0) > 0;
    const decision = attempt.mode === 'shadow' && !isBlockedByList ? 'allow' : assessment.decision;
    if (decision === 'review') {
      const { amount, ...payment } = attempt;
      await this.reviews.openHeld(transaction, { ...payment, ...amount, assessmentId: id, score, rule: profile.review });
    }
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
}
