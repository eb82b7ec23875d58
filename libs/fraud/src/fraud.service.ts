import { Injectable } from '@nestjs/common';
import { localTimeAt, SECOND_MS } from '#kernel';
import { type Queryable } from '#platform';
import { DEFAULT_RULE_SETS } from './domain/default-rule-sets.js';
import { FEATURES_SCHEMA_VERSION, type FraudFeatures } from './domain/features.js';
import { assessRisk, type FraudDecision, type RiskLevel } from './domain/risk-score.js';
import { type FraudAttempt } from './fraud-attempt.js';
import { type FraudEvidence, FraudRepository } from './fraud.repository.js';

/** What the caller of an assessment acts upon. */
export interface AttemptAssessment {
  readonly id: string;
  /** 0–100. */
  readonly score: number;
  readonly level: RiskLevel;
  readonly decision: FraudDecision;
}

/** Assesses every payment attempt before money moves. */
@Injectable()
export class FraudService {
  constructor(private readonly repository: FraudRepository) {}

  /**
   * Counts the attempt, judges it and stores the assessment, all in the transaction that records the payment: none exists without the other.
   *
   * The device and the card stay locked until that transaction ends, so that attempts in parallel see each other.
   */
  async assess(transaction: Queryable, attempt: FraudAttempt): Promise<AttemptAssessment> {
    const evidence = await this.repository.recordAttempt(transaction, attempt);
    const features = featuresOf(attempt, evidence);
    const assessment = assessRisk(features, DEFAULT_RULE_SETS[attempt.businessType]);
    const id = await this.repository.insertAssessment(transaction, attempt, assessment, features);
    return { id, score: assessment.score, level: assessment.level, decision: assessment.decision };
  }
}

function featuresOf(attempt: FraudAttempt, evidence: FraudEvidence): FraudFeatures {
  const { registeredAt, status, capabilityCount, fingerprintMatches, isAutomationAuthorised } = attempt.device;
  const ageSeconds = Math.floor((evidence.attemptedAt.getTime() - registeredAt.getTime()) / SECOND_MS);
  return {
    schemaVersion: FEATURES_SCHEMA_VERSION,
    attempt: {
      occurredAt: evidence.attemptedAt.toISOString(),
      amountMinor: attempt.amount.amountMinor,
      currency: attempt.amount.currency,
      businessType: attempt.businessType,
      method: attempt.method,
      hasCustomerEmail: attempt.email !== null,
      localHour: localTimeAt(evidence.attemptedAt, attempt.timeZone).hour,
    },
    device: { status, capabilityCount, fingerprintMatches, isAutomationAuthorised, ageSeconds },
    history: evidence.history,
    location: { current: attempt.location, last: evidence.lastPlace, countries: { ip: null, card: null, device: null } },
    lists: { block: evidence.blocked, review: [], allow: [] },
    model: null,
  };
}
