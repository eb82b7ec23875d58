import { Body, Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { actorOf, CurrentPrincipal, type Principal, RequireScope } from '#security';
import {
  WebhookReplayResponse,
  ReplayWebhookEventDto,
  ReplayWebhookEventsDto,
  WebhookEventDetailResponse,
  webhookEventDetailResponseOf,
  type WebhookEventFilterDto,
  WebhookEventListResponse,
  WebhookEventPageQuery,
  WebhookEventResponse,
  webhookEventResponseOf,
} from './dto/webhook-event.dto.js';
import type { WebhookEventFilter, WebhookLag } from './webhook-admin.repository.js';
import { WebhookAdminService, type WebhookOperator } from './webhook-admin.service.js';
import { WebhookEventNotFoundError } from './webhooks.errors.js';

/** The inbox for operators. A merchant's people and keys see the events of their own payments. */
@ApiTags('webhook events')
@ApiBearerAuth()
@Controller('api/admin/webhook-events')
export class WebhookAdminController {
  constructor(private readonly webhooks: WebhookAdminService) {}

  /** Events, newest first; `status=dead` are the dead letters. */
  @Get()
  @RequireScope('webhooks:read')
  @ApiOkResponse({ type: WebhookEventListResponse })
  async list(@CurrentPrincipal() principal: Principal, @Query() query: WebhookEventPageQuery): Promise<WebhookEventListResponse> {
    const before = query.startingAfter === undefined ? null : sequenceOf(query.startingAfter);
    const { events, hasMore } = await this.webhooks.list(filterOf(query, principal), { limit: query.limit, before });
    return { object: 'list', data: events.map(webhookEventResponseOf), hasMore };
  }

  /** How far processing is behind. */
  @Get('lag')
  @RequireScope('webhooks:read')
  async lag(): Promise<WebhookLag & { object: 'webhook_lag' }> {
    return { object: 'webhook_lag', ...(await this.webhooks.lag()) };
  }

  /** One event: raw, parsed, its attempts and its effects. The look is audited. */
  @Get(':id')
  @RequireScope('webhooks:read')
  @ApiOkResponse({ type: WebhookEventDetailResponse })
  async get(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
  ): Promise<WebhookEventDetailResponse> {
    return webhookEventDetailResponseOf(await this.webhooks.read(sequenceOf(id), operatorOf(principal, request)));
  }

  /** Processes the matching events again, or shows what that would change. */
  @Post('replay')
  @HttpCode(202)
  @RequireScope('webhooks:write')
  @ApiAcceptedResponse({ type: WebhookReplayResponse })
  async replayMatching(
    @CurrentPrincipal() principal: Principal,
    @Body() body: ReplayWebhookEventsDto,
    @Req() request: FastifyRequest,
  ): Promise<WebhookReplayResponse> {
    const filter = filterOf(body.filter, principal);
    if (body.dryRun) {
      const { previews, hasMore } = await this.webhooks.previewMatching(filter);
      const changes = previews.map((preview) => ({ ...preview, event: webhookEventResponseOf(preview.event) }));
      return { object: 'webhook_replay', dryRun: true, replayed: 0, hasMore, changes };
    }
    const result = await this.webhooks.replayMatching(filter, body.reason, operatorOf(principal, request));
    return { object: 'webhook_replay', dryRun: false, ...result, changes: [] };
  }

  /** Processes one event again, whatever became of it. */
  @Post(':id/replay')
  @HttpCode(202)
  @RequireScope('webhooks:write')
  @ApiAcceptedResponse({ type: WebhookEventResponse })
  async replay(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Body() body: ReplayWebhookEventDto,
    @Req() request: FastifyRequest,
  ): Promise<WebhookEventResponse> {
    return webhookEventResponseOf(await this.webhooks.replay(sequenceOf(id), body.reason, operatorOf(principal, request)));
  }
}

function sequenceOf(id: string): number {
  const digits = /^whe_(\d{1,15})$/.exec(id)?.[1];
  if (digits === undefined) throw new WebhookEventNotFoundError();
  return Number(digits);
}

function filterOf(filter: WebhookEventFilterDto, principal: Principal): WebhookEventFilter {
  return {
    merchantId: principal.merchantId,
    status: filter.status ?? null,
    type: filter.type ?? null,
    objectId: filter.objectId ?? null,
    receivedAfter: filter.receivedAfter === undefined ? null : new Date(filter.receivedAfter),
    receivedBefore: filter.receivedBefore === undefined ? null : new Date(filter.receivedBefore),
  };
}

function operatorOf(principal: Principal, request: FastifyRequest): WebhookOperator {
  return { actor: actorOf(principal), merchantId: principal.merchantId, requestId: request.id, ip: request.ip };
}
