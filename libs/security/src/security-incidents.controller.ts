import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiCookieAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Clock } from '#kernel';
import { CurrentPrincipal, RequireScope } from './access.decorators.js';
import type { Principal } from './principal.js';
import { auditActor, Origin, type RequestOrigin } from './request-origin.js';
import { IncidentListResponse, IncidentQuery, IncidentResponse, incidentResponseOf } from './security-incidents.dto.js';
import { SecurityIncidents } from './security-incidents.js';

/** Security incidents. A merchant sees its own; a person of the whole deployment sees all, or those of the merchant named in the header. */
@ApiTags('admin')
@ApiBearerAuth()
@ApiCookieAuth()
@Controller('api/admin/security-incidents')
export class SecurityIncidentsController {
  constructor(
    private readonly incidents: SecurityIncidents,
    private readonly clock: Clock,
  ) {}

  /** Incidents, the newest first. */
  @Get()
  @RequireScope('incidents:read')
  @ApiOkResponse({ type: IncidentListResponse })
  async list(@CurrentPrincipal() { merchantId }: Principal, @Query() query: IncidentQuery): Promise<IncidentListResponse> {
    const { limit, startingAfter, status } = query;
    const isOpen = status === undefined ? null : status === 'open';
    const rows = await this.incidents.list({ merchantId, isOpen, before: startingAfter ?? null, limit: limit + 1 });
    const now = this.clock.now();
    return { object: 'list', data: rows.slice(0, limit).map((row) => incidentResponseOf(row, now)), hasMore: rows.length > limit };
  }

  /** Says that somebody has looked; the next repetition is a new incident. */
  @Post(':id/acknowledge')
  @HttpCode(200)
  @RequireScope('incidents:write')
  @ApiOkResponse({ type: IncidentResponse })
  async acknowledge(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Origin() origin: RequestOrigin,
  ): Promise<IncidentResponse> {
    const incident = await this.incidents.acknowledge(id, principal.merchantId, auditActor(principal, origin));
    return incidentResponseOf(incident, this.clock.now());
  }
}
