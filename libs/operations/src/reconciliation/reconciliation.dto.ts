/** What operators send and get about reconciliation. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional, Matches } from 'class-validator';
import { IsText, PageQuery } from '#platform';
import type { PayoutRow } from '#webhooks';
import type { ReconciliationBreak, ReconciliationRun } from './reconciliation.repository.js';

const BREAK_KINDS = [
  'missing_here',
  'missing_there',
  'over',
  'under',
  'currency_mismatch',
  'state_mismatch',
  'fee_only',
  'foreign',
] as const;

/** Body of `POST /api/admin/reconciliation/runs`. */
export class StartRunDto {
  /** UTC. */
  @ApiProperty({ example: '2026-11-01' })
  @Matches(/^\d{4}-\d{2}-\d{2}$/)
  day: string;
}

/** Body of `POST /api/admin/reconciliation/breaks/:id/repair`. */
export class RepairBreakDto {
  /** true says what would happen and changes nothing. */
  @ApiProperty()
  @IsBoolean()
  dryRun: boolean;

  /** For the audit log. */
  @ApiProperty()
  @IsText(3, 500)
  reason: string;
}

/** Query of `GET /api/admin/reconciliation/breaks`. */
export class BreakPageQuery extends PageQuery {
  @ApiPropertyOptional({ enum: BREAK_KINDS })
  @IsOptional()
  @IsIn(BREAK_KINDS)
  kind?: (typeof BREAK_KINDS)[number];

  @ApiPropertyOptional({ enum: ['open', 'resolved'] })
  @IsOptional()
  @IsIn(['open', 'resolved'])
  status?: 'open' | 'resolved';

  @ApiPropertyOptional()
  @IsOptional()
  @IsText(1, 64)
  runId?: string;
}

const PAYOUT_STATUSES = ['pending', 'in_transit', 'paid', 'failed', 'canceled'] as const;

/** Query of `GET /api/admin/reconciliation/payouts`. */
export class PayoutPageQuery extends PageQuery {
  @ApiPropertyOptional({ enum: PAYOUT_STATUSES })
  @IsOptional()
  @IsIn(PAYOUT_STATUSES)
  status?: (typeof PAYOUT_STATUSES)[number];
}

/** Money on its way to the bank. */
export interface PayoutResponse {
  readonly id: string;
  readonly object: 'payout';
  /** Minor units. */
  readonly amount: number;
  readonly currency: string;
  readonly status: string;
  readonly automatic: boolean;
  /** The day on which the bank books it. */
  readonly arrivesOn: string;
  readonly failureCode: string | null;
  /** Of automatic payouts: whether Stripe has said which movements they consist of. */
  readonly reconciliationStatus: string;
  readonly livemode: boolean;
  readonly createdAt: string;
}

/** One comparison of a day. */
export interface RunResponse extends Omit<ReconciliationRun, 'startedAt' | 'finishedAt'> {
  readonly object: 'reconciliation_run';
  readonly startedAt: string;
  readonly finishedAt: string | null;
}

/** One difference. Amounts in minor units. */
export interface BreakResponse {
  readonly id: string;
  readonly object: 'reconciliation_break';
  readonly runId: string;
  readonly kind: string;
  readonly detail: string;
  readonly objectId: string;
  readonly paymentId: string | null;
  readonly currency: string | null;
  readonly amountAtStripe: number | null;
  readonly amountHere: number | null;
  readonly status: 'open' | 'resolved';
  readonly resolution: string | null;
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
}

/** Operators' view of a payout. */
export function payoutResponseOf({ amountMinor, isAutomatic, createdAt, ...row }: PayoutRow): PayoutResponse {
  return { ...row, object: 'payout', amount: amountMinor, automatic: isAutomatic, createdAt: createdAt.toISOString() };
}

/** Operators' view of a run. */
export function runResponseOf(run: ReconciliationRun): RunResponse {
  return {
    ...run,
    object: 'reconciliation_run',
    startedAt: run.startedAt.toISOString(),
    finishedAt: run.finishedAt?.toISOString() ?? null,
  };
}

/** Operators' view of a break. */
export function breakResponseOf(found: ReconciliationBreak): BreakResponse {
  return {
    id: found.id,
    object: 'reconciliation_break',
    runId: found.runId,
    kind: found.kind,
    detail: found.detail,
    objectId: found.objectId,
    paymentId: found.paymentId,
    currency: found.currency,
    amountAtStripe: found.thereMinor,
    amountHere: found.hereMinor,
    status: found.resolvedAt === null ? 'open' : 'resolved',
    resolution: found.resolution,
    firstSeenAt: found.firstSeenAt.toISOString(),
    lastSeenAt: found.lastSeenAt.toISOString(),
  };
}
