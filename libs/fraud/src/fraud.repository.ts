import { Injectable } from '@nestjs/common';
import { newId } from '#kernel';
import { type Queryable } from '#platform';
import { type ListKey } from './blacklist/list-keys.js';
import { type FraudAttempt } from './fraud-attempt.js';
import {
  type AmountHistory,
  type FraudFeatures,
  type KnownFrauds,
  type LocationFeatures,
  type Subject,
  type SubjectHistory,
} from './domain/features.js';
import { type RiskAssessment } from './domain/risk-score.js';

/** What the database knows of an attempt's past; null for what could not be read in time. */
export interface FraudEvidence {
  /** RFC 3339, stamped after the locks. */
  readonly attemptedAt: string;
  readonly isDegraded: boolean;
  readonly subjects: Readonly<Partial<Record<Subject, SubjectHistory>>> | null;
  readonly businessType: AmountHistory | null;
  readonly lastPlace: LocationFeatures['last'];
  /** Counts by hour, 0 … 23; hours without an attempt are absent. */
  readonly customerHours: Readonly<Record<string, number>> | null;
  readonly deviceFrauds: KnownFrauds | null;
  readonly lists: readonly { readonly entryId: string; readonly kind: string; readonly list: 'block' | 'review' | 'allow' }[] | null;
}

/** What is stored of an assessment besides its attempt. */
export interface StoredJudgement {
  readonly assessment: RiskAssessment;
  readonly features: FraudFeatures;
  readonly durationUs: number;
}

/** SQL of `fraud_attempts` and `fraud_assessments` on the way of a payment. */
@Injectable()
export class FraudRepository {
  /**
   * Counts the attempt and reads everything that was before it: one round trip, exact under bursts.
   *
   * Device and card stay locked until the caller's transaction ends.
   */
  async recordAttempt(transaction: Queryable, attempt: FraudAttempt, keys: readonly ListKey[], budgetMs: number): Promise<FraudEvidence> {
    const [row] = await transaction.query<{ evidence: FraudEvidence }>(
      `select fraud_record_attempt($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) as evidence`,
      [
        attempt.merchantId,
        attempt.livemode,
        attempt.paymentId,
        attempt.businessType,
        attempt.amount.amountMinor,
        attempt.amount.currency,
        attempt.device.id,
        attempt.card,
        attempt.customerId,
        attempt.ip,
        attempt.location?.latitude ?? null,
        attempt.location?.longitude ?? null,
        attempt.timeZone,
        keys.map((key) => key.kind),
        keys.map((key) => key.value),
        budgetMs,
      ],
    );
    if (row === undefined) throw new Error('a function returned no row');
    return row.evidence;
  }

  /** Stores an assessment for ever. @returns Its id. */
  async insertAssessment(
    transaction: Queryable,
    attempt: FraudAttempt,
    { assessment, features, durationUs }: StoredJudgement,
  ): Promise<string> {
    const id = newId('assessment', Date.parse(features.attempt.occurredAt));
    const { findings, adjustments, shadow, evidence, isDegraded } = assessment;
    await transaction.query(
      `insert into fraud_assessments (id, payment_id, merchant_id, livemode, device_id, customer_id, amount_minor, currency, business_type,
         score, level, decision, contributions, features, engine_version, rule_set_version, duration_us, mode)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
      [
        id,
        attempt.paymentId,
        attempt.merchantId,
        attempt.livemode,
        attempt.device.id,
        attempt.customerId,
        attempt.amount.amountMinor,
        attempt.amount.currency,
        attempt.businessType,
        assessment.score,
        assessment.level,
        assessment.decision,
        JSON.stringify({ findings, adjustments, shadow, evidence, isDegraded }),
        JSON.stringify(features),
        String(assessment.engineVersion),
        assessment.ruleSetVersion,
        durationUs,
        attempt.mode ?? 'enforce',
      ],
    );
    return id;
  }
}
