import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiProperty, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, merchantIdOf, RequireScope, type Principal } from '#security';
import { type StoredAssessment } from './fraud.repository.js';
import { FraudService } from './fraud.service.js';

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

/** Why payments were judged as they were. */
@ApiTags('fraud')
@ApiBearerAuth()
@Controller('api/admin/fraud/assessments')
export class AssessmentsController {
  constructor(private readonly fraud: FraudService) {}

  /** One assessment. */
  @Get(':id')
  @RequireScope('fraud:read')
  @ApiOkResponse({ type: AssessmentResponse })
  async get(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<AssessmentResponse> {
    return assessmentResponseOf(await this.fraud.get(scopeOf(principal), id));
  }

  /** Judges the stored snapshot again by the rule set of its time. Changes nothing. */
  @Post(':id/replay')
  @HttpCode(200)
  @RequireScope('fraud:read')
  @ApiOkResponse({ type: ReplayResponse })
  async replay(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<ReplayResponse> {
    const { stored, replayed } = await this.fraud.replay(scopeOf(principal), id);
    const { score, decision, ruleSetVersion, findings } = replayed;
    const isEqual = score === stored.score && decision === stored.decision;
    return { assessmentId: stored.id, storedScore: stored.score, score, isEqual, decision, ruleSetVersion, findings: [...findings] };
  }
}

function scopeOf(principal: Principal): { merchantId: string; livemode: boolean } {
  return { merchantId: merchantIdOf(principal), livemode: principal.livemode };
}

function assessmentResponseOf(stored: StoredAssessment): AssessmentResponse {
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
