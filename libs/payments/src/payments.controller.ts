import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBearerAuth, ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentPrincipal, PermissionDeniedError, type Principal, RateLimit, RequireScope, RequireStepUp } from '#security';
import { IDEMPOTENCY_KEY, send } from './answers.js';
import { CreatePaymentDto } from './dto/create-payment.dto.js';
import {
  CancelPaymentDto,
  CapturePaymentDto,
  ConfirmPaymentDto,
  PaymentPageQuery,
  RefundPaymentDto,
} from './dto/payment-operations.dto.js';
import { PaymentListResponse, TimelineResponse } from './dto/payment-lists.response.js';
import { RefundListResponse, RefundResponse, refundResponseOf } from './dto/refund.response.js';
import { idempotencyKeyOf } from './idempotency.js';
import { PaymentResponse } from './dto/payment.response.js';
import { callerOf } from './payment-caller.js';
import { PaymentRetriesService } from './payment-retries.service.js';
import { PaymentOperations } from './payment-operations.js';
import { PaymentsService } from './payments.service.js';
import { ExpandQuery } from './dto/expand.query.js';
import { PaymentViews } from './payment-views.js';
import { PaymentTimeline } from './payment-timeline.js';
import { RefundsService } from './refunds/refunds.service.js';

/** Payments and what can be done with them. */
@ApiTags('payments')
@ApiBearerAuth()
@Controller('api/payments')
export class PaymentsController {
  constructor(
    private readonly payments: PaymentsService,
    private readonly operations: PaymentOperations,
    private readonly retries: PaymentRetriesService,
    private readonly refunds: RefundsService,
    private readonly timeline: PaymentTimeline,
    private readonly views: PaymentViews,
  ) {}

  /** Makes a payment. */
  @Post()
  @RateLimit('payments')
  @RequireScope('payments:write', 'payments:create_own')
  @ApiHeader(IDEMPOTENCY_KEY)
  @ApiCreatedResponse({ type: PaymentResponse, description: '`succeeded`, `requires_action` or `requires_capture`' })
  @ApiAcceptedResponse({ type: PaymentResponse, description: '`processing` with an unknown outcome, `in_review` or `accumulating`' })
  async create(
    @CurrentPrincipal() principal: Principal,
    @Headers('idempotency-key') key: string | undefined,
    @Body() body: CreatePaymentDto,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    send(reply, await this.payments.create(callerOf(principal, request), idempotencyKeyOf(key), body));
  }

  /** The merchant's payments, newest first; a device sees its own. */
  @Get()
  @RequireScope('payments:read', 'payments:read_own')
  @ApiOkResponse({ type: PaymentListResponse })
  list(
    @CurrentPrincipal() principal: Principal,
    @Query() query: PaymentPageQuery,
    @Req() request: FastifyRequest,
  ): Promise<PaymentListResponse> {
    const page = { limit: query.limit, startingAfter: query.startingAfter ?? null };
    return this.views.list(callerOf(principal, request), page, query.status ?? null);
  }

  /** One payment, with the objects it names where `expand[]` asks for them. */
  @Get(':id')
  @RequireScope('payments:read', 'payments:read_own')
  @ApiOkResponse({ type: PaymentResponse })
  get(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Query() query: ExpandQuery,
    @Req() request: FastifyRequest,
  ): Promise<PaymentResponse> {
    return this.views.show(callerOf(principal, request), id, query['expand[]'] ?? []);
  }

  /** Every attempt and every change, in order. */
  @Get(':id/timeline')
  @RequireScope('payments:read')
  @ApiOkResponse({ type: TimelineResponse })
  async history(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
  ): Promise<TimelineResponse> {
    return this.timeline.of(await this.payments.get(callerOf(principal, request), id));
  }

  /** Pays a payment that was declined with another method, or with the same one in its owner's presence. */
  @Post(':id/confirm')
  @RateLimit('payments')
  @RequireScope('payments:write', 'payments:create_own')
  @HttpCode(200)
  @ApiHeader(IDEMPOTENCY_KEY)
  @ApiOkResponse({ type: PaymentResponse, description: '`succeeded`, `requires_action` or `requires_capture`' })
  @ApiAcceptedResponse({ type: PaymentResponse, description: '`processing` with an unknown outcome, or `in_review`' })
  async confirm(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Headers('idempotency-key') key: string | undefined,
    @Body() body: ConfirmPaymentDto,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    send(reply, await this.retries.confirm(callerOf(principal, request), idempotencyKeyOf(key), id, body));
  }

  /** Takes a held amount or a part of it, or adds a tip to it. */
  @Post(':id/capture')
  @RequireScope('payments:write')
  @HttpCode(200)
  @ApiHeader(IDEMPOTENCY_KEY)
  @ApiOkResponse({ type: PaymentResponse })
  async capture(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Headers('idempotency-key') key: string | undefined,
    @Body() body: CapturePaymentDto,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const wanted = { amountMinor: body.amount ?? null, tipMinor: body.tipAmount ?? null };
    send(reply, await this.operations.capture(callerOf(principal, request), idempotencyKeyOf(key), id, wanted));
  }

  /** Gives a payment up before money has moved. */
  @Post(':id/cancel')
  @RequireScope('payments:write')
  @HttpCode(200)
  @ApiHeader(IDEMPOTENCY_KEY)
  @ApiOkResponse({ type: PaymentResponse })
  async cancel(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Headers('idempotency-key') key: string | undefined,
    @Body() _body: CancelPaymentDto,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    send(reply, await this.operations.cancel(callerOf(principal, request), idempotencyKeyOf(key), id));
  }

  /** Pays back a part or all that remains. */
  @Post(':id/refunds')
  @RequireScope('refunds:write')
  @RequireStepUp()
  @ApiHeader(IDEMPOTENCY_KEY)
  @ApiCreatedResponse({ type: RefundResponse })
  @ApiAcceptedResponse({ type: RefundResponse, description: 'the outcome is not known yet' })
  async refund(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Headers('idempotency-key') key: string | undefined,
    @Body() body: RefundPaymentDto,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    refuseForceWithoutRight(principal, body);
    send(reply, await this.refunds.create(callerOf(principal, request), idempotencyKeyOf(key), id, body));
  }

  /** The refunds of a payment, oldest first. */
  @Get(':id/refunds')
  @RequireScope('payments:read')
  @ApiOkResponse({ type: RefundListResponse })
  async listRefunds(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
  ): Promise<RefundListResponse> {
    const refunds = await this.refunds.list(callerOf(principal, request), id);
    return { object: 'list', data: refunds.map(refundResponseOf), hasMore: false };
  }
}

/** Money that is paid back during a dispute may be lost twice: that is for those who answer disputes. */
function refuseForceWithoutRight(principal: Principal, { force }: RefundPaymentDto): void {
  if (force === true && !principal.scopes.has('disputes:write')) throw new PermissionDeniedError('permission_denied', ['disputes:write']);
}
