import { Injectable } from '@nestjs/common';
import { newId } from '#kernel';
import { Database, type Queryable } from '#platform';
import { type BusinessType } from '#merchants';
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
import { type Adjustment, type Finding, type FraudDecision, type RiskAssessment, type RiskLevel } from './domain/risk-score.js';
import { type ModelEvidence } from './model/live-inputs.js';
import { type FailurePolicy } from './domain/rule-set.js';

/** What the database knows of an attempt's past; null for what could not be read in time. */
export interface FraudEvidence {
  /** RFC 3339, stamped after the locks. */
  readonly attemptedAt: string;
  readonly subjects: Readonly<Partial<Record<Subject, SubjectHistory>>> | null;
  readonly businessType: AmountHistory | null;
  readonly lastPlace: LocationFeatures['last'];
  /** Counts by hour, 0 … 23; hours without an attempt are absent. */
  readonly customerHours: Readonly<Record<string, number>> | null;
  readonly deviceFrauds: KnownFrauds | null;
  /** null when no model was to be asked. */
  readonly model: ModelEvidence | null;
  readonly lists: readonly { readonly entryId: string; readonly kind: string; readonly list: 'block' | 'review' | 'allow' }[] | null;
}

/** What is asked of the past besides the attempt itself. */
export interface EvidenceQuestion {
  /** What the attempt is looked up under in the lists. */
  readonly keys: readonly ListKey[];
  readonly budgetMs: number;
  /** Whether a model will be asked: its inputs cost as much again. */
  readonly forModel: boolean;
}

/** What is stored of an assessment besides its attempt. */
export interface Judgement {
  readonly assessment: RiskAssessment;
  readonly failurePolicy: FailurePolicy;
  /** What the shadow rule set would have decided; null without one. */
  readonly shadowRuleSet: { readonly version: string; readonly score: number; readonly decision: FraudDecision } | null;
  readonly features: FraudFeatures;
  /** What the challenger thinks while a champion acts; null without both. */
  readonly challenger: { readonly version: string; readonly probability: number | null } | null;
  readonly durationUs: number;
}

/** An assessment as it was stored. */
export interface StoredAssessment {
  readonly id: string;
  readonly paymentId: string;
  readonly businessType: BusinessType;
  readonly amountMinor: number;
  readonly currency: string;
  readonly score: number;
  readonly level: RiskLevel;
  readonly decision: FraudDecision;
  readonly contributions: {
    readonly findings: readonly Finding[];
    readonly adjustments: readonly Adjustment[];
    readonly shadowRuleSet: Judgement['shadowRuleSet'];
    readonly failurePolicy: FailurePolicy;
    readonly isDegraded: boolean;
  };
  readonly features: FraudFeatures;
  readonly engineVersion: string;
  readonly ruleSetVersion: string;
  readonly createdAt: Date;
  /** The latest label; null while nothing is known. */
  readonly isFraud: boolean | null;
}

/** SQL of `fraud_attempts` and `fraud_assessments` on the way of a payment. */
@Injectable()
export class FraudRepository {
  constructor(private readonly database: Database) {}

  /**
   * Counts the attempt and reads everything that was before it: one round trip, exact under bursts.
   *
   * Device and card stay locked until the caller's transaction ends.
   */
  async recordAttempt(transaction: Queryable, attempt: FraudAttempt, question: EvidenceQuestion): Promise<FraudEvidence> {
    const { keys, budgetMs, forModel } = question;
    const [row] = await transaction.query<{ evidence: FraudEvidence; model: ModelEvidence | null }>(
      `select evidence, case when $17 then fraud_model_inputs($7, $9, $6, (evidence ->> 'attemptedAt')::timestamptz) end as model
       from fraud_record_attempt($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) as evidence`,
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
        forModel,
      ],
    );
    if (row === undefined) throw new Error('a function returned no row');
    return { ...row.evidence, model: row.model };
  }

  /** Stores an assessment for ever. @returns Its id. */
  async insertAssessment(
    transaction: Queryable,
    attempt: FraudAttempt,
    { assessment, failurePolicy, shadowRuleSet, challenger, features, durationUs }: Judgement,
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
        JSON.stringify({ findings, adjustments, shadow, shadowRuleSet, challenger, evidence, isDegraded, failurePolicy }),
        JSON.stringify(features),
        String(assessment.engineVersion),
        assessment.ruleSetVersion,
        durationUs,
        attempt.mode ?? 'enforce',
      ],
    );
    return id;
  }

  async findAssessment(scope: { readonly merchantId: string; readonly livemode: boolean }, id: string): Promise<StoredAssessment | null> {
    const [row] = await this.database.query<StoredAssessment & Record<string, unknown>>(
      `select ${ASSESSMENT_COLUMNS} where merchant_id = $1 and livemode = $2 and id = $3`,
      [scope.merchantId, scope.livemode, id],
    );
    return row ?? null;
  }

  /** The last assessment of a payment; null for one that was never assessed. */
  async findOfPayment(
    scope: { readonly merchantId: string; readonly livemode: boolean },
    paymentId: string,
  ): Promise<StoredAssessment | null> {
    const [row] = await this.database.query<StoredAssessment & Record<string, unknown>>(
      `select ${ASSESSMENT_COLUMNS} where merchant_id = $1 and livemode = $2 and payment_id = $3 order by id desc limit 1`,
      [scope.merchantId, scope.livemode, paymentId],
    );
    return row ?? null;
  }

  /** Assessments in the order in which they were made, after `afterId`. */
  listAssessments(merchantId: string, businessType: BusinessType, afterId: string, limit: number): Promise<StoredAssessment[]> {
    return this.database.query<StoredAssessment & Record<string, unknown>>(
      `select ${ASSESSMENT_COLUMNS} where merchant_id = $1 and business_type = $2 and id > $3 order by id limit $4`,
      [merchantId, businessType, afterId, limit],
    );
  }
}

const ASSESSMENT_COLUMNS = `id, payment_id as "paymentId", business_type as "businessType", amount_minor as "amountMinor", currency, score, level,
  decision, contributions, features, engine_version as "engineVersion", rule_set_version as "ruleSetVersion", created_at as "createdAt",
  (select is_fraud from fraud_labels label where label.payment_id = assessment.payment_id order by label.sequence desc limit 1) as "isFraud"
  from fraud_assessments assessment`;
