import { Controller, Get, Param, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { CurrentPrincipal, type Principal, RequireScope } from '#security';
import { callerOf } from '../payment-caller.js';
import { DisputesService } from './disputes.service.js';
import { DisputePageQuery } from './dto/dispute-page.query.js';
import {
  DisputeListResponse,
  DisputeMovementListResponse,
  disputeMovementResponseOf,
  DisputeResponse,
  disputeResponseOf,
} from './dto/dispute.response.js';

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
}
