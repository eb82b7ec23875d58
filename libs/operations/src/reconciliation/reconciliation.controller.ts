import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { PageQuery } from '#platform';
import { auditActor, CurrentPrincipal, Origin, type Principal, type RequestOrigin, RequireScope } from '#security';
import {
  BreakPageQuery,
  type BreakResponse,
  breakResponseOf,
  PayoutPageQuery,
  type PayoutResponse,
  payoutResponseOf,
  RepairBreakDto,
  type RunResponse,
  runResponseOf,
  StartRunDto,
} from './reconciliation.dto.js';
import type { RepairResult } from './reconciliation-repairs.js';
import { ReconciliationService } from './reconciliation.service.js';

/** Stripe's books against ours. A merchant's people and keys see the differences of their own payments. */
@ApiTags('reconciliation')
@ApiBearerAuth()
@Controller('api/admin/reconciliation')
export class ReconciliationController {
  constructor(private readonly reconciliation: ReconciliationService) {}

  /** Open differences by kind. */
  @Get()
  @RequireScope('reconciliation:read')
  async summary(): Promise<{ object: 'reconciliation'; open: Readonly<Record<string, number>> }> {
    return { object: 'reconciliation', open: await this.reconciliation.openBreaks() };
  }

  /** Comparisons, newest first. */
  @Get('runs')
  @RequireScope('reconciliation:read')
  async listRuns(@Query() page: PageQuery): Promise<{ object: 'list'; data: RunResponse[]; hasMore: boolean }> {
    const rows = await this.reconciliation.listRuns({ limit: page.limit + 1, startingAfter: page.startingAfter ?? null });
    return { object: 'list', data: rows.slice(0, page.limit).map(runResponseOf), hasMore: rows.length > page.limit };
  }

  /** Compares a day now. */
  @Post('runs')
  @RequireScope('reconciliation:write')
  async start(@Body() body: StartRunDto): Promise<RunResponse> {
    return runResponseOf(await this.reconciliation.compareDay(body.day));
  }

  /** One comparison; its differences are `breaks?runId=`. */
  @Get('runs/:id')
  @RequireScope('reconciliation:read')
  async getRun(@Param('id') id: string): Promise<RunResponse> {
    return runResponseOf(await this.reconciliation.getRun(id));
  }

  /** Differences, newest first. */
  @Get('breaks')
  @RequireScope('reconciliation:read')
  async listBreaks(
    @CurrentPrincipal() principal: Principal,
    @Query() query: BreakPageQuery,
  ): Promise<{ object: 'list'; data: BreakResponse[]; hasMore: boolean }> {
    const isOpen = query.status === undefined ? null : query.status === 'open';
    const filter = { kind: query.kind ?? null, isOpen, runId: query.runId ?? null };
    const page = { limit: query.limit + 1, startingAfter: query.startingAfter ?? null };
    const rows = await this.reconciliation.listBreaks(principal.merchantId, filter, page);
    return { object: 'list', data: rows.slice(0, query.limit).map(breakResponseOf), hasMore: rows.length > query.limit };
  }

  /** What Stripe has paid to the bank, newest first. Of the whole account, so not for a merchant's people and keys. */
  @Get('payouts')
  @RequireScope('reconciliation:read')
  async listPayouts(
    @CurrentPrincipal() principal: Principal,
    @Query() query: PayoutPageQuery,
  ): Promise<{ object: 'list'; data: PayoutResponse[]; hasMore: boolean }> {
    const page = { limit: query.limit + 1, startingAfter: query.startingAfter ?? null };
    const rows = principal.merchantId === null ? await this.reconciliation.listPayouts(query.status ?? null, page) : [];
    return { object: 'list', data: rows.slice(0, query.limit).map(payoutResponseOf), hasMore: rows.length > query.limit };
  }

  /** Applies what Stripe has now to our side, or says what that would do. No money moves. */
  @Post('breaks/:id/repair')
  @HttpCode(200)
  @RequireScope('reconciliation:write')
  async repair(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Body() body: RepairBreakDto,
    @Origin() origin: RequestOrigin,
  ): Promise<RepairResult & { object: 'reconciliation_repair' }> {
    const wish = { isDryRun: body.dryRun, reason: body.reason };
    return {
      object: 'reconciliation_repair',
      ...(await this.reconciliation.repair(id, principal.merchantId, wish, auditActor(principal, origin))),
    };
  }
}
