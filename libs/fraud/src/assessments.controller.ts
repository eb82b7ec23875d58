import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, merchantIdOf, RequireScope, type Principal } from '#security';
import { AssessmentListResponse, AssessmentResponse, assessmentResponseOf, AssessmentsQuery, ReplayResponse } from './assessments.dto.js';
import { FraudService } from './fraud.service.js';

/** Why payments were judged as they were. */
@ApiTags('fraud')
@ApiBearerAuth()
@Controller('api/admin/fraud/assessments')
export class AssessmentsController {
  constructor(private readonly fraud: FraudService) {}

  /** The newest first: of one payment, or of one decision, such as what was blocked. */
  @Get()
  @RequireScope('fraud:read')
  @ApiOkResponse({ type: AssessmentListResponse })
  async list(@CurrentPrincipal() principal: Principal, @Query() query: AssessmentsQuery): Promise<AssessmentListResponse> {
    const { limit, startingAfter = null, paymentId = null, decision = null } = query;
    const found = await this.fraud.list(scopeOf(principal), { limit: limit + 1, startingAfter, paymentId, decision });
    return { object: 'list', data: found.slice(0, limit).map(assessmentResponseOf), hasMore: found.length > limit };
  }

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
