import { Controller, Get, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { actorOf, CurrentPrincipal, type Principal, RequireScope } from '#security';
import type { Alert } from './alerts.repository.js';
import { AlertsService } from './alerts.service.js';

// Open alerts are few by nature; of the rest the newest are of interest.
const LIMIT = 100;

/** What the product has found wrong with itself. */
@ApiTags('alerts')
@ApiBearerAuth()
@Controller('api/admin/alerts')
export class AlertsController {
  constructor(private readonly alerts: AlertsService) {}

  /** Open alerts, then the latest that are over. */
  @Get()
  @RequireScope('alerts:read')
  @ApiOkResponse({ description: 'At most 100 alerts' })
  async list(): Promise<{ object: 'list'; data: Alert[]; hasMore: false }> {
    return { object: 'list', data: await this.alerts.list(LIMIT), hasMore: false };
  }

  /** Somebody works on it: it is not told again while it lasts. */
  @Post(':id/acknowledge')
  @HttpCode(200)
  @RequireScope('alerts:write')
  @ApiOkResponse({ description: 'The alert' })
  acknowledge(@CurrentPrincipal() principal: Principal, @Param('id') id: string, @Req() request: FastifyRequest): Promise<Alert> {
    return this.alerts.acknowledge(id, { actor: actorOf(principal), requestId: request.id, ip: request.ip });
  }
}
