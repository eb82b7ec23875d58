import { Body, Controller, Get, Headers, HttpCode, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBearerAuth, ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentPrincipal, type Principal, RequireScope } from '#security';
import { IDEMPOTENCY_KEY, send } from '../answers.js';
import {
  SubscriptionListResponse,
  SubscriptionResponse,
  subscriptionResponseOf,
  SubscriptionTimelineResponse,
} from '../dto/subscription.response.js';
import {
  CancelSubscriptionDto,
  CreateSubscriptionDto,
  SubscriptionPageQuery,
  SubscriptionPaymentMethodDto,
} from '../dto/subscriptions.dto.js';
import { idempotencyKeyOf } from '../idempotency.js';
import { callerOf } from '../payment-caller.js';
import { type Subscription } from './subscription.js';
import { SubscriptionCreation } from './subscription-creation.js';
import { SubscriptionViews } from './subscription-views.js';
import { SubscriptionsService } from './subscriptions.service.js';

/** What customers pay for again and again. */
@ApiTags('subscriptions')
@ApiBearerAuth()
@Controller('api/subscriptions')
export class SubscriptionsController {
  constructor(
    private readonly creation: SubscriptionCreation,
    private readonly subscriptions: SubscriptionsService,
    private readonly views: SubscriptionViews,
  ) {}

  /** Begins a subscription with its first payment, in the customer's presence. */
  @Post()
  @RequireScope('payments:write')
  @ApiHeader(IDEMPOTENCY_KEY)
  @ApiCreatedResponse({ type: SubscriptionResponse, description: '`active`, or `incomplete` while the customer must pass a challenge' })
  @ApiAcceptedResponse({ type: SubscriptionResponse, description: '`incomplete`: the first payment is not settled yet' })
  async create(
    @CurrentPrincipal() principal: Principal,
    @Headers('idempotency-key') key: string | undefined,
    @Body() body: CreateSubscriptionDto,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    send(reply, await this.creation.create(callerOf(principal, request), idempotencyKeyOf(key), body));
  }

  /** The merchant's subscriptions, newest first. */
  @Get()
  @RequireScope('payments:read')
  @ApiOkResponse({ type: SubscriptionListResponse })
  async list(
    @CurrentPrincipal() principal: Principal,
    @Query() query: SubscriptionPageQuery,
    @Req() request: FastifyRequest,
  ): Promise<SubscriptionListResponse> {
    const filter = { customerId: query.customerId ?? null, status: query.status ?? null };
    const page = { limit: query.limit, startingAfter: query.startingAfter ?? null };
    const { data, hasMore } = await this.subscriptions.list(callerOf(principal, request), filter, page);
    return { object: 'list', data: data.map((subscription) => subscriptionResponseOf(subscription)), hasMore };
  }

  /** One subscription with the payment of its current period. */
  @Get(':id')
  @RequireScope('payments:read')
  @ApiOkResponse({ type: SubscriptionResponse })
  async get(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
  ): Promise<SubscriptionResponse> {
    const caller = callerOf(principal, request);
    return this.views.show(caller, await this.subscriptions.get(caller, id));
  }

  /** Everything that happened to it, in order. */
  @Get(':id/timeline')
  @RequireScope('payments:read')
  @ApiOkResponse({ type: SubscriptionTimelineResponse })
  async timeline(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
  ): Promise<SubscriptionTimelineResponse> {
    return this.views.timelineOf(await this.subscriptions.get(callerOf(principal, request), id));
  }

  /** Ends it, with the period that is paid or now. */
  @Post(':id/cancel')
  @HttpCode(200)
  @RequireScope('payments:write')
  @ApiOkResponse({ type: SubscriptionResponse })
  async cancel(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Body() body: CancelSubscriptionDto,
    @Req() request: FastifyRequest,
  ): Promise<SubscriptionResponse> {
    return this.shown(principal, request, (caller) => this.subscriptions.cancel(caller, id, body.at ?? 'period_end'));
  }

  /** Charges nothing until it is resumed. */
  @Post(':id/pause')
  @HttpCode(200)
  @RequireScope('payments:write')
  @ApiOkResponse({ type: SubscriptionResponse })
  async pause(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
  ): Promise<SubscriptionResponse> {
    return this.shown(principal, request, (caller) => this.subscriptions.pause(caller, id));
  }

  /** Goes on; the next period is charged again. */
  @Post(':id/resume')
  @HttpCode(200)
  @RequireScope('payments:write')
  @ApiOkResponse({ type: SubscriptionResponse })
  async resume(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
  ): Promise<SubscriptionResponse> {
    return this.shown(principal, request, (caller) => this.subscriptions.resume(caller, id));
  }

  /** Pays with another saved method from now on; what is due is tried with it at once. */
  @Put(':id/payment-method')
  @RequireScope('payments:write')
  @ApiOkResponse({ type: SubscriptionResponse })
  async changeMethod(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Body() body: SubscriptionPaymentMethodDto,
    @Req() request: FastifyRequest,
  ): Promise<SubscriptionResponse> {
    return this.shown(principal, request, (caller) => this.subscriptions.changeMethod(caller, id, body.paymentMethod));
  }

  private async shown(
    principal: Principal,
    request: FastifyRequest,
    act: (caller: ReturnType<typeof callerOf>) => Promise<Subscription>,
  ): Promise<SubscriptionResponse> {
    const caller = callerOf(principal, request);
    return this.views.show(caller, await act(caller));
  }
}
