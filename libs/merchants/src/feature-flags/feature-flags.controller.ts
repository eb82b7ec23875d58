import { Body, Controller, Delete, Get, HttpCode, Param, Put, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { DomainError } from '#kernel';
import { IsSafeInteger, IsText } from '#platform';
import { actorOf, type AuditContext, CurrentPrincipal, type Principal, RequireScope, RequireStepUp } from '#security';
import { type FeatureFlag, isFeatureFlag } from '../domain/feature-flag.js';
import { FeatureFlagsService, type FeatureFlagState } from './feature-flags.service.js';

/** A new setting of a flag. */
export class PutFeatureFlagDto {
  /** For how many of a hundred devices the flag is on, 0–100. */
  @IsSafeInteger(0, 100)
  percentage: number;

  /** Why, for the audit log, 1–500 characters. */
  @IsText(1, 500)
  reason: string;
}

/** There is no flag of that name. */
export class FeatureFlagNotFoundError extends DomainError {
  constructor() {
    super('not_found', 'feature_flag_not_found', 'There is no such feature flag.');
  }
}

/** Switches; of the caller's merchant, or of the deployment for a person of the whole deployment who names none. */
@ApiTags('feature flags')
@ApiBearerAuth()
@Controller('api/admin/feature-flags')
export class FeatureFlagsController {
  constructor(private readonly flags: FeatureFlagsService) {}

  /** Every flag as it stands, and whose setting that is. */
  @Get()
  @RequireScope('feature_flags:read')
  @ApiOkResponse({ description: 'Every flag' })
  async list(@CurrentPrincipal() principal: Principal): Promise<{ object: 'list'; data: FeatureFlagState[]; hasMore: false }> {
    return { object: 'list', data: await this.flags.list(principal.merchantId), hasMore: false };
  }

  /** Switches a flag. */
  @Put(':name')
  @HttpCode(200)
  @RequireScope('feature_flags:write')
  @RequireStepUp()
  @ApiOkResponse({ description: 'Every flag after the change' })
  async put(
    @CurrentPrincipal() principal: Principal,
    @Param('name') name: string,
    @Body() body: PutFeatureFlagDto,
    @Req() request: FastifyRequest,
  ): Promise<{ object: 'list'; data: FeatureFlagState[]; hasMore: false }> {
    await this.flags.put(flagOf(name), principal.merchantId, body, contextOf(principal, request));
    return this.list(principal);
  }

  /** Forgets the setting, so that the deployment's or the configuration's holds again. */
  @Delete(':name')
  @RequireScope('feature_flags:write')
  @RequireStepUp()
  @ApiOkResponse({ description: 'Every flag after the change' })
  async remove(
    @CurrentPrincipal() principal: Principal,
    @Param('name') name: string,
    @Req() request: FastifyRequest,
  ): Promise<{ object: 'list'; data: FeatureFlagState[]; hasMore: false }> {
    await this.flags.remove(flagOf(name), principal.merchantId, contextOf(principal, request));
    return this.list(principal);
  }
}

function flagOf(name: string): FeatureFlag {
  if (!isFeatureFlag(name)) throw new FeatureFlagNotFoundError();
  return name;
}

function contextOf(principal: Principal, request: FastifyRequest): AuditContext {
  return { actor: actorOf(principal), requestId: request.id, ip: request.ip };
}
