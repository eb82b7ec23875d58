import { Injectable } from '@nestjs/common';
import { type BusinessProfile } from '#merchants';
import { AppConfig, type Queryable } from '#platform';
import { BlacklistService } from './blacklist/blacklist.service.js';
import { type FraudDecision, type RiskAssessment } from './domain/risk-score.js';
import { type Exploration, explorationOf } from './exploration.js';
import { type FraudAttempt } from './fraud-attempt.js';
import { ReviewQueue } from './reviews/review-queue.js';

/** An assessment that has been stored. */
export interface JudgedAttempt {
  readonly assessmentId: string;
  readonly assessment: RiskAssessment;
  readonly exploration: Exploration | null;
  /** A block entry decided; points were not needed. */
  readonly isBlockedByList: boolean;
}

/** What follows from an assessment, in its transaction: a review, or a card that is not asked again for a while. */
@Injectable()
export class FraudConsequences {
  constructor(
    private readonly reviews: ReviewQueue,
    private readonly blacklist: BlacklistService,
    private readonly config: AppConfig,
  ) {}

  /** Whether a would-be block goes to a person instead. */
  explorationOf(attempt: FraudAttempt, assessment: RiskAssessment): Exploration | null {
    if (attempt.mode === 'shadow') return null;
    const { fraud } = this.config;
    return explorationOf(attempt, assessment, {
      percent: fraud.explorePercent,
      upToMinor: fraud.exploreUpToMinor(attempt.amount.currency),
    });
  }

  /** @returns What happens to the payment. In shadow only lists block. */
  async follow(
    transaction: Queryable,
    attempt: FraudAttempt,
    { assessmentId, assessment, exploration, isBlockedByList }: JudgedAttempt,
    rule: BusinessProfile['review'],
  ): Promise<FraudDecision> {
    if (attempt.mode === 'shadow' && !isBlockedByList) return 'allow';
    const decision = exploration === null ? assessment.decision : 'review';
    if (decision === 'review') {
      const { amount, ...payment } = attempt;
      const openedReason = exploration === null ? 'risk_score' : 'exploration';
      await this.reviews.openHeld(transaction, { ...payment, ...amount, assessmentId, score: assessment.score, rule, openedReason });
    }
    if (decision === 'block' && !isBlockedByList && !assessment.isDegraded) await this.blockCard(transaction, attempt);
    return decision;
  }

  /** A card that was blocked by points would be tried again at once, from another device or for less. */
  private async blockCard(transaction: Queryable, { merchantId, card }: FraudAttempt): Promise<void> {
    if (card === null || !this.config.fraud.blocksCards) return;
    const reason = 'a payment with this card was blocked';
    await this.blacklist.blockAutomatically(transaction, { merchantId, kind: 'card_fingerprint', value: card, reason, source: 'rule' });
  }
}
