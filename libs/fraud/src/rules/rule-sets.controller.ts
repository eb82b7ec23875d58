import { Body, Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { BUSINESS_TYPES, type BusinessType } from '#merchants';
import { actorOf, CurrentPrincipal, merchantIdOf, RequireScope, RequireStepUp, type AuditContext, type Principal } from '#security';
import { DEFAULT_RULE_SETS } from '../domain/default-rule-sets.js';
import { RuleSetNotFoundError } from '../fraud.errors.js';
import {
  CreateRuleSetDto,
  RuleSetListResponse,
  RuleSetModeDto,
  RuleSetResponse,
  ruleSetResponseOf,
  RuleSetsQuery,
  ShadowReportQuery,
} from './rule-sets.dto.js';
import { type ShadowReportLine } from './rule-sets.repository.js';
import { RuleSetsService } from './rule-sets.service.js';

/** What payments are judged by. */
@ApiTags('rules')
@ApiBearerAuth()
@Controller('api/admin/rules')
export class RuleSetsController {
  constructor(private readonly ruleSets: RuleSetsService) {}

  /** The versions of a business type, the newest first; the product's default stands last and counts while no version is live. */
  @Get()
  @RequireScope('rules:read')
  @ApiOkResponse({ type: RuleSetListResponse })
  async list(@CurrentPrincipal() principal: Principal, @Query() query: RuleSetsQuery): Promise<RuleSetListResponse> {
    const stored = await this.ruleSets.list(merchantIdOf(principal), query.businessType, query.limit + 1);
    const data = stored.slice(0, query.limit).map(ruleSetResponseOf);
    return { object: 'list', data, default: DEFAULT_RULE_SETS[query.businessType], hasMore: stored.length > query.limit };
  }

  /** Saves a version: sound ones only, in shadow unless it is a draft. */
  @Post()
  @RequireScope('rules:write')
  @RequireStepUp()
  @ApiCreatedResponse({ type: RuleSetResponse })
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body() body: CreateRuleSetDto,
    @Req() request: FastifyRequest,
  ): Promise<RuleSetResponse> {
    const { businessType, document, comment, mode } = body;
    return ruleSetResponseOf(
      await this.ruleSets.create(merchantIdOf(principal), businessType, { document, comment, mode }, contextOf(principal, request)),
    );
  }

  /** Makes a version decide, look on or rest. */
  @Post(':businessType/:version/mode')
  @HttpCode(200)
  @RequireScope('rules:write')
  @RequireStepUp()
  @ApiOkResponse({ type: RuleSetResponse })
  async setMode(
    @CurrentPrincipal() principal: Principal,
    @Param('businessType') businessType: string,
    @Param('version') version: string,
    @Body() body: RuleSetModeDto,
    @Req() request: FastifyRequest,
  ): Promise<RuleSetResponse> {
    const key = keyOf(businessType, version);
    return ruleSetResponseOf(
      await this.ruleSets.setMode(merchantIdOf(principal), key.businessType, key.version, body.mode, contextOf(principal, request)),
    );
  }

  /** What a version in shadow would have done, worth how much, and how right it would have been. */
  @Get(':businessType/:version/shadow-report')
  @RequireScope('rules:read')
  async shadowReport(
    @CurrentPrincipal() principal: Principal,
    @Param('businessType') businessType: string,
    @Param('version') version: string,
    @Query() query: ShadowReportQuery,
  ): Promise<{ object: 'list'; data: ShadowReportLine[] }> {
    const data = await this.ruleSets.shadowReport(merchantIdOf(principal), principal.livemode, keyOf(businessType, version), query.days);
    return { object: 'list', data };
  }
}

function keyOf(businessType: string, version: string): { businessType: BusinessType; version: number } {
  const known = BUSINESS_TYPES.find((each) => each === businessType);
  if (known === undefined || !/^\d{1,9}$/.test(version)) throw new RuleSetNotFoundError();
  return { businessType: known, version: Number(version) };
}

function contextOf(principal: Principal, request: FastifyRequest): AuditContext {
  return { actor: actorOf(principal), requestId: request.id, ip: request.ip };
}
