import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { auditActor, CurrentPrincipal, merchantIdOf, Origin, type Principal, type RequestOrigin, RequireScope } from '#security';
import {
  DeliveryPageQuery,
  MerchantEventQuery,
  WebhookDeliveryListResponse,
  WebhookDeliveryResponse,
  webhookDeliveryResponseOf,
} from '../dto/webhook-endpoint.dto.js';
import { DeliveryNotFoundError } from '../webhooks.errors.js';
import { MerchantEventListResponse, merchantEventOf, MerchantEventResponse } from './merchant-event.js';
import { MerchantEventsService } from './merchant-events.service.js';
import type { EndpointOwner } from './webhook-endpoints.repository.js';

/** What happened, for those who would rather ask than be told; and what was sent. */
@ApiTags('events')
@ApiBearerAuth()
@Controller('api')
export class MerchantEventsController {
  constructor(private readonly events: MerchantEventsService) {}

  /** Events in the order in which they happened. Keep the last id and ask again with `after`: nothing is skipped. */
  @Get('events')
  @RequireScope('webhooks:read')
  @ApiOkResponse({ type: MerchantEventListResponse })
  async list(@CurrentPrincipal() principal: Principal, @Query() query: MerchantEventQuery): Promise<MerchantEventListResponse> {
    const rows = await this.events.list(ownerOf(principal), query.after ?? query.startingAfter ?? null, query.limit + 1);
    return { object: 'list', data: rows.slice(0, query.limit).map(merchantEventOf), hasMore: rows.length > query.limit };
  }

  /** One event. */
  @Get('events/:id')
  @RequireScope('webhooks:read')
  @ApiOkResponse({ type: MerchantEventResponse })
  async get(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<MerchantEventResponse> {
    return merchantEventOf(await this.events.get(ownerOf(principal), id));
  }

  /** Deliveries, newest first. */
  @Get('webhook-deliveries')
  @RequireScope('webhooks:read')
  @ApiOkResponse({ type: WebhookDeliveryListResponse })
  async listDeliveries(@CurrentPrincipal() principal: Principal, @Query() query: DeliveryPageQuery): Promise<WebhookDeliveryListResponse> {
    const filter = { endpointId: query.endpointId ?? null, status: query.status ?? null };
    const before = query.startingAfter === undefined ? null : deliveryIdOf(query.startingAfter);
    const rows = await this.events.listDeliveries(ownerOf(principal), filter, { limit: query.limit + 1, before });
    return { object: 'list', data: rows.slice(0, query.limit).map(webhookDeliveryResponseOf), hasMore: rows.length > query.limit };
  }

  /** One delivery with its attempts. */
  @Get('webhook-deliveries/:id')
  @RequireScope('webhooks:read')
  @ApiOkResponse({ type: WebhookDeliveryResponse })
  async getDelivery(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<WebhookDeliveryResponse> {
    const { delivery, attempts } = await this.events.getDelivery(ownerOf(principal), deliveryIdOf(id));
    const attemptLog = attempts.map((attempt) => ({ ...attempt, at: attempt.at.toISOString() }));
    return Object.assign(webhookDeliveryResponseOf(delivery), { attemptLog });
  }

  /** Sends a delivery again. */
  @Post('webhook-deliveries/:id/redeliver')
  @HttpCode(202)
  @RequireScope('webhooks:write')
  @ApiAcceptedResponse({ type: WebhookDeliveryResponse })
  async redeliver(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Origin() origin: RequestOrigin,
  ): Promise<WebhookDeliveryResponse> {
    return webhookDeliveryResponseOf(await this.events.redeliver(ownerOf(principal), deliveryIdOf(id), auditActor(principal, origin)));
  }
}

function ownerOf(principal: Principal): EndpointOwner {
  return { merchantId: merchantIdOf(principal), livemode: principal.livemode };
}

function deliveryIdOf(id: string): number {
  const digits = /^wd_(\d{1,15})$/.exec(id)?.[1];
  if (digits === undefined) throw new DeliveryNotFoundError();
  return Number(digits);
}
