import { Injectable } from '@nestjs/common';
import { newId } from '#kernel';
import { Database, type Queryable } from '#platform';
import { type BusinessType } from '#merchants';
import { type FraudFeatures } from './domain/features.js';
import { type Adjustment, type Finding, type FraudDecision, type RiskAssessment, type RiskLevel } from './domain/risk-score.js';
import { type FailurePolicy } from './domain/rule-set.js';
import { type Exploration } from './exploration.js';
import { type FraudAttempt } from './fraud-attempt.js';

/** What is stored of an assessment besides its attempt. */
export interface Judgement {
  readonly assessment: RiskAssessment;
  readonly failurePolicy: FailurePolicy;
  /** A would-be block that goes to a person; the stored decision is that of the rules all the same. */
  readonly exploration: Exploration | null;
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
    readonly exploration: Exploration | null;
    readonly isDegraded: boolean;
  };
  readonly features: FraudFeatures;
  readonly engineVersion: string;
  readonly ruleSetVersion: string;
  readonly createdAt: Date;
  /** The latest label; null while nothing is known. */
  readonly isFraud: boolean | null;
}

/** Which assessments a list shows. */
export interface AssessmentPage {
  readonly limit: number;
  readonly startingAfter: string | null;
  readonly paymentId: string | null;
  readonly decision: FraudDecision | null;
}

/** SQL of `fraud_assessments`: written once, never changed. */
@Injectable()
export class FraudRepository {
  constructor(private readonly database: Database) {}

  /** Stores an assessment for ever. @returns Its id. */
  async insertAssessment(
    transaction: Queryable,
    attempt: FraudAttempt,
    { assessment, failurePolicy, exploration, shadowRuleSet, challenger, features, durationUs }: Judgement,
  ): Promise<string> {
    const id = newId('assessment', Date.parse(features.attempt.occurredAt));
    const { findings, adjustments, shadow, evidence, isDegraded } = assessment;
    await transaction.execute(
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
        JSON.stringify({ findings, adjustments, shadow, shadowRuleSet, challenger, evidence, isDegraded, failurePolicy, exploration }),
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

  /** A page, the newest first. */
  list(scope: { readonly merchantId: string; readonly livemode: boolean }, page: AssessmentPage): Promise<StoredAssessment[]> {
    // Said twice, because the index of what was not allowed serves only those who ask for no other.
    const indexed = page.decision === null || page.decision === 'allow' ? '' : `and decision <> 'allow'`;
    return this.database.query<StoredAssessment & Record<string, unknown>>(
      `select ${ASSESSMENT_COLUMNS} where merchant_id = $1 and livemode = $2 and ($3::text is null or id < $3)
         ${page.paymentId === null ? 'and $4::text is null' : 'and payment_id = $4'} and ($5::text is null or decision = $5) ${indexed} order by id desc limit $6`,
      [scope.merchantId, scope.livemode, page.startingAfter, page.paymentId, page.decision, page.limit],
    );
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
