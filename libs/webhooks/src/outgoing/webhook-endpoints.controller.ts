import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { PageQuery } from '#platform';
import {
  auditActor,
  CurrentPrincipal,
  merchantIdOf,
  Origin,
  type Principal,
  type RequestOrigin,
  RequireScope,
  RequireStepUp,
} from '#security';
import {
  CreateWebhookEndpointDto,
  RedeliverSinceDto,
  RotateWebhookSecretDto,
  WebhookEndpointListResponse,
  WebhookEndpointResponse,
  webhookEndpointResponseOf,
} from '../dto/webhook-endpoint.dto.js';
import type { EndpointOwner } from './webhook-endpoints.repository.js';
import { WebhookEndpointsService } from './webhook-endpoints.service.js';

/** Where a merchant wants to be told of its payments. Deliveries follow Standard Webhooks v1. */
@ApiTags('webhook endpoints')
@ApiBearerAuth()
@Controller('api/webhook-endpoints')
export class WebhookEndpointsController {
  constructor(private readonly endpoints: WebhookEndpointsService) {}

  /** Endpoints, newest first. */
  @Get()
  @RequireScope('webhooks:read')
  @ApiOkResponse({ type: WebhookEndpointListResponse })
  async list(@CurrentPrincipal() principal: Principal, @Query() page: PageQuery): Promise<WebhookEndpointListResponse> {
    const rows = await this.endpoints.list(ownerOf(principal), { limit: page.limit + 1, startingAfter: page.startingAfter ?? null });
    return {
      object: 'list',
      data: rows.slice(0, page.limit).map((row) => webhookEndpointResponseOf(row)),
      hasMore: rows.length > page.limit,
    };
  }

  /** Makes an endpoint; its secret is in this answer and nowhere else. */
  @Post()
  @RequireScope('webhooks:write')
  @ApiCreatedResponse({ type: WebhookEndpointResponse })
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body() body: CreateWebhookEndpointDto,
    @Origin() origin: RequestOrigin,
  ): Promise<WebhookEndpointResponse> {
    const wish = { url: body.url, description: body.description ?? null, eventTypes: body.eventTypes ?? ['*'] };
    const { endpoint, secret } = await this.endpoints.create(ownerOf(principal), wish, auditActor(principal, origin));
    return webhookEndpointResponseOf(endpoint, secret);
  }

  /** One endpoint. */
  @Get(':id')
  @RequireScope('webhooks:read')
  @ApiOkResponse({ type: WebhookEndpointResponse })
  async get(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<WebhookEndpointResponse> {
    return webhookEndpointResponseOf(await this.endpoints.get(ownerOf(principal), id));
  }

  /** Gives a new secret; the old one signs as well for the overlap. */
  @Post(':id/rotate-secret')
  @HttpCode(200)
  @RequireScope('webhooks:write')
  @RequireStepUp()
  @ApiOkResponse({ type: WebhookEndpointResponse })
  async rotate(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Body() body: RotateWebhookSecretDto,
    @Origin() origin: RequestOrigin,
  ): Promise<WebhookEndpointResponse> {
    const actor = auditActor(principal, origin);
    const { endpoint, secret } = await this.endpoints.rotateSecret(ownerOf(principal), id, body.overlapHours, actor);
    return webhookEndpointResponseOf(endpoint, secret);
  }

  /** Sends again from now on, also after the endpoint was disabled for its failures. */
  @Post(':id/enable')
  @HttpCode(200)
  @RequireScope('webhooks:write')
  @ApiOkResponse({ type: WebhookEndpointResponse })
  async enable(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Origin() origin: RequestOrigin,
  ): Promise<WebhookEndpointResponse> {
    return webhookEndpointResponseOf(await this.endpoints.setEnabled(ownerOf(principal), id, true, auditActor(principal, origin)));
  }

  /** Sends nothing more; what waits is canceled. */
  @Post(':id/disable')
  @HttpCode(200)
  @RequireScope('webhooks:write')
  @ApiOkResponse({ type: WebhookEndpointResponse })
  async disable(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Origin() origin: RequestOrigin,
  ): Promise<WebhookEndpointResponse> {
    return webhookEndpointResponseOf(await this.endpoints.setEnabled(ownerOf(principal), id, false, auditActor(principal, origin)));
  }

  /** Sends an event of type `endpoint.test`. */
  @Post(':id/test')
  @HttpCode(202)
  @RequireScope('webhooks:write')
  @ApiAcceptedResponse()
  async sendTest(@CurrentPrincipal() principal: Principal, @Param('id') id: string, @Origin() origin: RequestOrigin): Promise<void> {
    await this.endpoints.sendTest(ownerOf(principal), id, auditActor(principal, origin));
  }

  /** Sends everything since an instant again. */
  @Post(':id/redeliver')
  @HttpCode(202)
  @RequireScope('webhooks:write')
  async redeliver(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Body() body: RedeliverSinceDto,
    @Origin() origin: RequestOrigin,
  ): Promise<{ object: 'webhook_redelivery'; deliveries: number }> {
    const actor = auditActor(principal, origin);
    return {
      object: 'webhook_redelivery',
      deliveries: await this.endpoints.redeliverSince(ownerOf(principal), id, new Date(body.since), actor),
    };
  }
}

function ownerOf(principal: Principal): EndpointOwner {
  return { merchantId: merchantIdOf(principal), livemode: principal.livemode };
}
