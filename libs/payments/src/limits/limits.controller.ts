import { Body, Controller, Get, Param, Put, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { CurrentPrincipal, type Principal, RequireScope, RequireStepUp } from '#security';
import { LimitsResponse, SetLimitDto } from '../dto/limits.response.js';
import { callerOf } from '../payment-caller.js';
import { SpendingLimitsService } from './spending-limits.service.js';

/** What a device or a customer may still spend. */
@ApiTags('limits')
@ApiBearerAuth()
@Controller('api/limits')
export class LimitsController {
  constructor(private readonly limits: SpendingLimitsService) {}

  /** The limits of a device (`dev_…`) or a customer (`cus_…`); a device sees its own. */
  @Get(':subject')
  @RequireScope('payments:read', 'payments:read_own')
  @ApiOkResponse({ type: LimitsResponse })
  get(
    @CurrentPrincipal() principal: Principal,
    @Param('subject') subject: string,
    @Req() request: FastifyRequest,
  ): Promise<LimitsResponse> {
    return this.limits.describe(callerOf(principal, request), subject);
  }

  /** Lowers a device's daily limit, as a merchant or a guardian wishes. */
  @Put(':subject')
  @RequireScope('devices:write')
  @RequireStepUp()
  @ApiOkResponse({ type: LimitsResponse })
  set(
    @CurrentPrincipal() principal: Principal,
    @Param('subject') subject: string,
    @Body() body: SetLimitDto,
    @Req() request: FastifyRequest,
  ): Promise<LimitsResponse> {
    return this.limits.setDeviceDaily(callerOf(principal, request), subject, body.currency, body.dailyAmount);
  }
}
