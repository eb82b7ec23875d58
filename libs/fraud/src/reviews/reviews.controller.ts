import { Body, Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { actorOf, CurrentPrincipal, merchantIdOf, RequireScope, RequireStepUp, type AuditContext, type Principal } from '#security';
import { ReviewListResponse, ReviewReasonDto, ReviewResponse, reviewResponseOf, ReviewsQuery, SnoozeReviewDto } from './reviews.dto.js';
import { type ReviewScope } from './reviews.repository.js';
import { ReviewsService, type ReviewVerdict } from './reviews.service.js';

/** The queue of payments that wait for a person. */
@ApiTags('reviews')
@ApiBearerAuth()
@Controller('api/admin/reviews')
export class ReviewsController {
  constructor(private readonly reviews: ReviewsService) {}

  /** Reviews, the open ones in the order in which they expire. */
  @Get()
  @RequireScope('reviews:read')
  @ApiOkResponse({ type: ReviewListResponse })
  async list(@CurrentPrincipal() principal: Principal, @Query() query: ReviewsQuery): Promise<ReviewListResponse> {
    const { limit, startingAfter = null, status } = query;
    const reviews = await this.reviews.list(scopeOf(principal), { limit: limit + 1, startingAfter, status });
    return { object: 'list', data: reviews.slice(0, limit).map(reviewResponseOf), hasMore: reviews.length > limit };
  }

  /** One review. */
  @Get(':id')
  @RequireScope('reviews:read')
  @ApiOkResponse({ type: ReviewResponse })
  async get(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<ReviewResponse> {
    return reviewResponseOf(await this.reviews.get(scopeOf(principal), id));
  }

  /** Takes a review for ten minutes. */
  @Post(':id/claim')
  @HttpCode(200)
  @RequireScope('reviews:decide')
  @ApiOkResponse({ type: ReviewResponse })
  async claim(@CurrentPrincipal() principal: Principal, @Param('id') id: string, @Req() request: FastifyRequest): Promise<ReviewResponse> {
    return reviewResponseOf(await this.reviews.claim(scopeOf(principal), id, contextOf(principal, request)));
  }

  /** Lets the payment go on. */
  @Post(':id/approve')
  @HttpCode(200)
  @RequireScope('reviews:decide')
  @ApiOkResponse({ type: ReviewResponse })
  approve(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Body() body: ReviewReasonDto,
    @Req() request: FastifyRequest,
  ): Promise<ReviewResponse> {
    return this.decide('approve', principal, id, body, request);
  }

  /** Ends the payment as fraud. */
  @Post(':id/reject')
  @HttpCode(200)
  @RequireScope('reviews:decide')
  @ApiOkResponse({ type: ReviewResponse })
  reject(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Body() body: ReviewReasonDto,
    @Req() request: FastifyRequest,
  ): Promise<ReviewResponse> {
    return this.decide('reject', principal, id, body, request);
  }

  /** Returns the money of a payment that has been made. */
  @Post(':id/refund')
  @HttpCode(200)
  @RequireScope('reviews:decide')
  @RequireStepUp()
  @ApiOkResponse({ type: ReviewResponse })
  refund(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Body() body: ReviewReasonDto,
    @Req() request: FastifyRequest,
  ): Promise<ReviewResponse> {
    return this.decide('refund', principal, id, body, request);
  }

  /** Returns the money, and says that it was fraud. */
  @Post(':id/refund_as_fraud')
  @HttpCode(200)
  @RequireScope('reviews:decide')
  @RequireStepUp()
  @ApiOkResponse({ type: ReviewResponse })
  refundAsFraud(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Body() body: ReviewReasonDto,
    @Req() request: FastifyRequest,
  ): Promise<ReviewResponse> {
    return this.decide('refund_as_fraud', principal, id, body, request);
  }

  /** Hands the review to somebody with more experience. */
  @Post(':id/escalate')
  @HttpCode(200)
  @RequireScope('reviews:decide')
  @ApiOkResponse({ type: ReviewResponse })
  async escalate(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Body() body: ReviewReasonDto,
    @Req() request: FastifyRequest,
  ): Promise<ReviewResponse> {
    const context = { ...contextOf(principal, request), reason: body.reason };
    return reviewResponseOf(await this.reviews.escalate(scopeOf(principal), id, body.reason, context));
  }

  /** Puts the review aside for a while. */
  @Post(':id/snooze')
  @HttpCode(200)
  @RequireScope('reviews:decide')
  @ApiOkResponse({ type: ReviewResponse })
  async snooze(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Body() body: SnoozeReviewDto,
    @Req() request: FastifyRequest,
  ): Promise<ReviewResponse> {
    return reviewResponseOf(await this.reviews.snooze(scopeOf(principal), id, new Date(body.until), contextOf(principal, request)));
  }

  private async decide(
    verdict: ReviewVerdict,
    principal: Principal,
    id: string,
    { reason }: ReviewReasonDto,
    request: FastifyRequest,
  ): Promise<ReviewResponse> {
    return reviewResponseOf(await this.reviews.decide(scopeOf(principal), id, verdict, { ...contextOf(principal, request), reason }));
  }
}

function scopeOf(principal: Principal): ReviewScope {
  return { merchantId: merchantIdOf(principal), livemode: principal.livemode };
}

function contextOf(principal: Principal, request: FastifyRequest): AuditContext {
  return { actor: actorOf(principal), requestId: request.id, ip: request.ip };
}
