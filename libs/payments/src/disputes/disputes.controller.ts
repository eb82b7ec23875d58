import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { actorOf, type AuditContext, CurrentPrincipal, type Principal, RequireScope, RequireStepUp } from '#security';
import { callerOf } from '../payment-caller.js';
import { type Dispute } from './dispute.js';
import { DisputesService } from './disputes.service.js';
import { DisputePageQuery } from './dto/dispute-page.query.js';
import {
  DisputeListResponse,
  DisputeMovementListResponse,
  disputeMovementResponseOf,
  DisputeResponse,
  disputeResponseOf,
} from './dto/dispute.response.js';
import { CloseDisputeDto, StageEvidenceDto, SubmitEvidenceDto } from './dto/evidence.dto.js';
import { DisputeEvidenceResponse, evidenceResponseOf } from './dto/evidence.response.js';

/** Disputes and what can be done about them. */
@ApiTags('disputes')
@ApiBearerAuth()
@Controller('api/disputes')
export class DisputesController {
  constructor(private readonly disputes: DisputesService) {}

  /** The merchant's disputes, newest first. */
  @Get()
  @RequireScope('disputes:read')
  @ApiOkResponse({ type: DisputeListResponse })
  async list(
    @CurrentPrincipal() principal: Principal,
    @Query() query: DisputePageQuery,
    @Req() request: FastifyRequest,
  ): Promise<DisputeListResponse> {
    const { limit, startingAfter = null, status = null, paymentId = null } = query;
    const { data, hasMore } = await this.disputes.list(callerOf(principal, request), { limit, startingAfter, status, paymentId });
    return { object: 'list', data: data.map(disputeResponseOf), hasMore };
  }

  /** One dispute. */
  @Get(':id')
  @RequireScope('disputes:read')
  @ApiOkResponse({ type: DisputeResponse })
  async get(@CurrentPrincipal() principal: Principal, @Param('id') id: string, @Req() request: FastifyRequest): Promise<DisputeResponse> {
    return disputeResponseOf(await this.disputes.get(callerOf(principal, request), id));
  }

  /** What Stripe's balance booked for it: withdrawals, their return, fees. */
  @Get(':id/movements')
  @RequireScope('disputes:read')
  @ApiOkResponse({ type: DisputeMovementListResponse })
  async movements(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
  ): Promise<DisputeMovementListResponse> {
    const movements = await this.disputes.listMovements(callerOf(principal, request), id);
    return { object: 'list', data: movements.map(disputeMovementResponseOf), hasMore: false };
  }

  /** The draft of its evidence, which is assembled from the payment's own history soon after the dispute has arrived. */
  @Get(':id/evidence')
  @RequireScope('disputes:read')
  @ApiOkResponse({ type: DisputeEvidenceResponse })
  async evidence(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
  ): Promise<DisputeEvidenceResponse> {
    const { dispute, evidence } = await this.disputes.readEvidence(callerOf(principal, request), id);
    return evidenceResponseOf(dispute, evidence);
  }

  /** Changes the draft and stages it at Stripe. Nothing is submitted. */
  @Post(':id/evidence')
  @HttpCode(200)
  @RequireScope('disputes:write')
  @ApiOkResponse({ type: DisputeEvidenceResponse })
  async stageEvidence(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Body() body: StageEvidenceDto,
    @Req() request: FastifyRequest,
  ): Promise<DisputeEvidenceResponse> {
    const { fields = {}, compelling, evidenceVersion = null } = body;
    const change = { fields, compelling, evidenceVersion };
    const { dispute, evidence } = await this.disputes.stageEvidence(
      callerOf(principal, request),
      id,
      change,
      contextOf(principal, request),
    );
    return evidenceResponseOf(dispute, evidence);
  }

  /** Submits the evidence to the payer's bank: once, and for good. */
  @Post(':id/submit')
  @HttpCode(200)
  @RequireScope('disputes:write')
  @RequireStepUp()
  @ApiOkResponse({ type: DisputeResponse })
  @ApiAcceptedResponse({ type: DisputeResponse, description: 'Stripe’s answer is not known yet; the worker finds out' })
  async submit(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Body() body: SubmitEvidenceDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DisputeResponse> {
    const context = contextOf(principal, request);
    return answered(reply, await this.disputes.submit(callerOf(principal, request), id, body.evidenceVersion, context));
  }

  /** Accepts the dispute: the payer keeps the money. It cannot be taken back. */
  @Post(':id/close')
  @HttpCode(200)
  @RequireScope('disputes:write')
  @RequireStepUp()
  @ApiOkResponse({ type: DisputeResponse })
  @ApiAcceptedResponse({ type: DisputeResponse, description: 'Stripe’s answer is not known yet; the worker finds out' })
  async close(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Body() body: CloseDisputeDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DisputeResponse> {
    const context = { ...contextOf(principal, request), reason: body.reason };
    return answered(reply, await this.disputes.close(callerOf(principal, request), id, context));
  }
}

function contextOf(principal: Principal, request: FastifyRequest): AuditContext {
  return { actor: actorOf(principal), requestId: request.id, ip: request.ip };
}

function answered(reply: FastifyReply, dispute: Dispute): DisputeResponse {
  if (dispute.responseState === 'sending') void reply.status(202);
  return disputeResponseOf(dispute);
}
