import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { actorOf, CurrentPrincipal, merchantIdOf, RequireScope, RequireStepUp, type AuditContext, type Principal } from '#security';
import { BlacklistService, type ImportOutcome } from './blacklist.service.js';
import { AddListEntryDto, ImportListDto, ListEntriesQuery, ListEntryModeDto } from './dto/add-list-entry.dto.js';
import { ListEntriesResponse, ListEntryResponse, listEntryResponseOf, PastHitsResponse } from './dto/list-entry.response.js';

/** The block, watch and allow lists of a merchant. */
@ApiTags('blacklist')
@ApiBearerAuth()
@Controller('api/admin/blacklist')
export class BlacklistController {
  constructor(private readonly blacklist: BlacklistService) {}

  /** Active entries, the newest first. */
  @Get()
  @RequireScope('blacklist:read')
  @ApiOkResponse({ type: ListEntriesResponse })
  async list(@CurrentPrincipal() principal: Principal, @Query() query: ListEntriesQuery): Promise<ListEntriesResponse> {
    const { limit, startingAfter = null, list = null, kind = null } = query;
    const entries = await this.blacklist.list(merchantIdOf(principal), { limit: limit + 1, startingAfter, list, kind });
    return { object: 'list', data: entries.slice(0, limit).map(listEntryResponseOf), hasMore: entries.length > limit };
  }

  /** Lists a value; 409 with the id of the entry when it is listed already. */
  @Post()
  @RequireScope('blacklist:write')
  @RequireStepUp()
  @ApiCreatedResponse({ type: ListEntryResponse })
  async add(
    @CurrentPrincipal() principal: Principal,
    @Body() body: AddListEntryDto,
    @Req() request: FastifyRequest,
  ): Promise<ListEntryResponse> {
    const { kind, value, list, reason } = body;
    const expiresAt = body.expiresAt === undefined ? null : new Date(body.expiresAt);
    const entry = { kind, value, list, reason, expiresAt };
    return listEntryResponseOf(await this.blacklist.add(merchantIdOf(principal), entry, contextOf(principal, request), body.mode));
  }

  /** Lists many values of a CSV file, or tells in a dry run what they would have met in 30 days. */
  @Post('import')
  @HttpCode(200)
  @RequireScope('blacklist:write')
  @RequireStepUp()
  async import(
    @CurrentPrincipal() principal: Principal,
    @Body() body: ImportListDto,
    @Req() request: FastifyRequest,
  ): Promise<ImportOutcome> {
    return this.blacklist.importCsv(merchantIdOf(principal), body.csv, body.dryRun, contextOf(principal, request));
  }

  /** What an entry has met or, in shadow, would have met in 30 days, and how right that was. */
  @Get(':id/past-hits')
  @RequireScope('blacklist:read')
  @ApiOkResponse({ type: PastHitsResponse })
  async pastHits(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<PastHitsResponse> {
    return { object: 'list', data: await this.blacklist.pastHits(merchantIdOf(principal), id) };
  }

  /** Lets an entry act, or only look on; 409 when the value has another entry in that mode. */
  @Post(':id/mode')
  @HttpCode(200)
  @RequireScope('blacklist:write')
  @RequireStepUp()
  @ApiOkResponse({ type: ListEntryResponse })
  async setMode(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Body() body: ListEntryModeDto,
    @Req() request: FastifyRequest,
  ): Promise<ListEntryResponse> {
    return listEntryResponseOf(await this.blacklist.setMode(merchantIdOf(principal), id, body.mode, contextOf(principal, request)));
  }

  /** Ends an entry. */
  @Delete(':id')
  @RequireScope('blacklist:write')
  @RequireStepUp()
  @ApiOkResponse({ type: ListEntryResponse })
  async remove(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
  ): Promise<ListEntryResponse> {
    return listEntryResponseOf(await this.blacklist.remove(merchantIdOf(principal), id, contextOf(principal, request)));
  }
}

function contextOf(principal: Principal, request: FastifyRequest): AuditContext {
  return { actor: actorOf(principal), requestId: request.id, ip: request.ip };
}
