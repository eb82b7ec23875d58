/** What the API shows of assessments. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { IsText, PageQuery } from '#platform';
import { FRAUD_DECISIONS, type FraudDecision } from './domain/risk-score.js';
import { type StoredAssessment } from './fraud.repository.js';

/** Which assessments. */
export class AssessmentsQuery extends PageQuery {
  /** Those of one payment: one for each attempt. */
  @ApiPropertyOptional({ minLength: 1, maxLength: 64 })
  @IsOptional()
  @IsText(1, 64)
  paymentId?: string;

  /** Those that the rules decided so. */
  @ApiPropertyOptional({ enum: FRAUD_DECISIONS })
  @IsOptional()
  @IsIn(FRAUD_DECISIONS)
  decision?: FraudDecision;
}

/** An assessment with its whole arithmetic: contributions of findings and adjustments add up to the score. */
export class AssessmentResponse {
  @ApiProperty({ example: 'fra_01jd8y3v5kq2e9c7x4m6n0r1st' })
  id: string;

  @ApiProperty({ enum: ['assessment'] })
  object: 'assessment';

  @ApiProperty()
  paymentId: string;

  /** 0–100. */
  @ApiProperty({ type: 'integer' })
  score: number;

  @ApiProperty({ enum: ['low', 'medium', 'high', 'critical'] })
  level: string;

  @ApiProperty({ enum: ['allow', 'review', 'block'] })
  decision: string;

  /** Each rule's outcome, reading, points, contribution and explanation. */
  @ApiProperty({ type: [Object] })
  findings: object[];

  /** What is no rule: allow entries, the cap, floors, the failure policy. */
  @ApiProperty({ type: [Object] })
  adjustments: object[];

  /** Everything the rules saw. */
  @ApiProperty({ type: Object })
  features: object;

  @ApiProperty({ example: 'default-retail-1' })
  ruleSetVersion: string;

  @ApiProperty()
  engineVersion: string;

  /** What is known today; null while nothing is. */
  @ApiProperty({ type: Boolean, nullable: true })
  isFraud: boolean | null;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;
}

/** A stored snapshot judged again. */
export class ReplayResponse {
  @ApiProperty()
  assessmentId: string;

  /** As stored. */
  @ApiProperty({ type: 'integer' })
  storedScore: number;

  /** As judged now, by the rule set of then. */
  @ApiProperty({ type: 'integer' })
  score: number;

  /** Anything but true is a bug. */
  @ApiProperty()
  isEqual: boolean;

  @ApiProperty({ enum: ['allow', 'review', 'block'] })
  decision: string;

  @ApiProperty()
  ruleSetVersion: string;

  @ApiProperty({ type: [Object] })
  findings: object[];
}

/** One page of assessments, the newest first. */
export class AssessmentListResponse {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [AssessmentResponse] })
  data: AssessmentResponse[];

  @ApiProperty()
  hasMore: boolean;
}

/** The client's view of an assessment. */
export function assessmentResponseOf(stored: StoredAssessment): AssessmentResponse {
  const { id, paymentId, score, level, decision, contributions, features, ruleSetVersion, engineVersion, isFraud, createdAt } = stored;
  return {
    id,
    object: 'assessment',
    paymentId,
    score,
    level,
    decision,
    findings: [...contributions.findings],
    adjustments: [...contributions.adjustments],
    features,
    ruleSetVersion,
    engineVersion,
    isFraud,
    createdAt: createdAt.toISOString(),
  };
}
