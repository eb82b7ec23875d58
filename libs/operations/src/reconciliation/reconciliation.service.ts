import { Injectable, Logger } from '@nestjs/common';
import { Clock, DAY_MS, HOUR_MS } from '#kernel';
import type { AuditActor } from '#security';
import { type PayoutRow, PayoutsRepository } from '#webhooks';
import { DayComparison } from './day-comparison.js';
import { ReconciliationBreakNotFoundError, ReconciliationDayError, ReconciliationRunNotFoundError } from './reconciliation.errors.js';
import { ReconciliationRepairs, type RepairResult } from './reconciliation-repairs.js';
import { type ReconciliationBreak, ReconciliationRepository, type ReconciliationRun } from './reconciliation.repository.js';

/** Compares days, and repairs on demand. A comparison itself changes nothing of any payment. */
@Injectable()
export class ReconciliationService {
  private readonly logger = new Logger(ReconciliationService.name);

  constructor(
    private readonly clock: Clock,
    private readonly repository: ReconciliationRepository,
    private readonly comparison: DayComparison,
    private readonly repairs: ReconciliationRepairs,
    private readonly payouts: PayoutsRepository,
  ) {}

  /** Compares yesterday once it has been over for an hour. @returns 1 when it did. */
  async compareDue(): Promise<number> {
    const yesterday = dayOf(new Date(this.clock.now().getTime() - DAY_MS - HOUR_MS));
    if ((await this.repository.lastDay()) === yesterday) return 0;
    await this.compareDay(yesterday);
    return 1;
  }

  /**
   * Compares one day now.
   *
   * @param day - `2026-11-01`, UTC, today at the latest.
   * @throws ReconciliationDayError
   */
  async compareDay(day: string): Promise<ReconciliationRun> {
    const start = new Date(`${day}T00:00:00.000Z`);
    if (Number.isNaN(start.getTime()) || dayOf(start) !== day || start > this.clock.now()) throw new ReconciliationDayError();
    const id = await this.repository.begin(day);
    try {
      const { matchedIds, findings } = await this.comparison.compare(start);
      await this.repository.finish(id, matchedIds, findings);
      if (findings.length > 0) this.logger.error({ event: 'reconciliation_breaks_found', runId: id, day, count: findings.length });
    } catch (error) {
      await this.repository.fail(id, error instanceof Error ? error.message : 'unknown error');
      throw error;
    }
    return this.getRun(id);
  }

  /** @throws ReconciliationRunNotFoundError */
  async getRun(id: string): Promise<ReconciliationRun> {
    const run = await this.repository.findRun(id);
    if (run === null) throw new ReconciliationRunNotFoundError();
    return run;
  }

  listRuns(page: { readonly limit: number; readonly startingAfter: string | null }): Promise<ReconciliationRun[]> {
    return this.repository.listRuns(page);
  }

  listBreaks(...args: Parameters<ReconciliationRepository['listBreaks']>): Promise<ReconciliationBreak[]> {
    return this.repository.listBreaks(...args);
  }

  /** What Stripe has paid to the bank, newest first. */
  listPayouts(...args: Parameters<PayoutsRepository['list']>): Promise<PayoutRow[]> {
    return this.payouts.list(...args);
  }

  /** Open differences by kind. */
  openBreaks(): Promise<Readonly<Record<string, number>>> {
    return this.repository.openByKind();
  }

  /** @see ReconciliationRepairs.repair */
  async repair(
    id: string,
    merchantId: string | null,
    wish: { readonly isDryRun: boolean; readonly reason: string },
    actor: AuditActor,
  ): Promise<RepairResult> {
    const found = await this.repository.findBreak(id, merchantId);
    if (found === null) throw new ReconciliationBreakNotFoundError();
    return { outcome: await this.repairs.repair(found, wish, actor), isDryRun: wish.isDryRun };
  }
}

function dayOf(instant: Date): string {
  return instant.toISOString().slice(0, 10);
}
