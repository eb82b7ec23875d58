import { Injectable, Logger } from '@nestjs/common';
import { Clock, DAY_MS, HOUR_MS } from '#kernel';
import { type GatewayAnswer, type GatewayEvent, GatewayEventsService, PaymentGateway } from '#payments';
import { Database } from '#platform';
import { type AuditActor, AuditLog } from '#security';
import { DayComparison } from './day-comparison.js';
import { ReconciliationBreakNotFoundError, ReconciliationDayError, ReconciliationRunNotFoundError } from './reconciliation.errors.js';
import { type ReconciliationBreak, ReconciliationRepository, type ReconciliationRun } from './reconciliation.repository.js';

/** What a repair did, or would do. */
export interface RepairResult {
  /** `applied`: Stripe's object was applied. `unchanged`: it is already here. The rest needs a person. */
  readonly outcome: 'applied' | 'unchanged' | 'not_found' | 'conflict' | 'contradiction' | 'not_at_stripe' | 'unknown' | 'needs_a_person';
  readonly isDryRun: boolean;
}

/** Carries a result out of a transaction that must not commit. */
class RolledBack extends Error {
  constructor(readonly outcome: RepairResult['outcome']) {
    super('a dry run changes nothing');
  }
}

type Snapshot = Exclude<GatewayEvent, { kind: 'ignored' }>;

/** Compares days, and repairs on demand. A comparison itself changes nothing of any payment. */
@Injectable()
export class ReconciliationService {
  private readonly logger = new Logger(ReconciliationService.name);

  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly repository: ReconciliationRepository,
    private readonly comparison: DayComparison,
    private readonly repairs: ReconciliationRepairs,
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
    return { outcome: await this.repairs.repair(found, wish, actor, this.database), isDryRun: wish.isDryRun };
  }
}

/** Brings our side in line with the object that Stripe has now. Money is never moved by a repair. */
@Injectable()
export class ReconciliationRepairs {
  constructor(
    private readonly gateway: PaymentGateway,
    private readonly events: GatewayEventsService,
    private readonly repository: ReconciliationRepository,
    private readonly audit: AuditLog,
  ) {}

  /** Fetches the object, with no transaction open, then applies it together with the audit line and the end of the break. */
  async repair(
    found: ReconciliationBreak,
    wish: { readonly isDryRun: boolean; readonly reason: string },
    actor: AuditActor,
    database: Database,
  ): Promise<RepairResult['outcome']> {
    const snapshot = await this.fetch(found.objectId);
    if (typeof snapshot === 'string') return snapshot;
    try {
      return await database.transaction(async (transaction) => {
        const outcome = await this.events.apply(transaction, snapshot, 'snapshot', { source: 'reconciliation', sourceId: found.id });
        if (wish.isDryRun) throw new RolledBack(outcome);
        if (outcome === 'applied' || outcome === 'unchanged') await this.repository.resolve(transaction, found.id, 'repaired');
        await this.audit.record(transaction, {
          merchantId: found.merchantId,
          ...actor,
          action: 'reconciliation_break_repaired',
          objectId: found.id,
          changes: { outcome, kind: found.kind, object: found.objectId },
          reason: wish.reason,
        });
        return outcome;
      });
    } catch (error) {
      if (error instanceof RolledBack) return error.outcome;
      throw error;
    }
  }

  private async fetch(objectId: string): Promise<Snapshot | 'not_at_stripe' | 'unknown' | 'needs_a_person'> {
    if (objectId.startsWith('pi_')) return snapshotOf('payment', await this.gateway.retrievePayment(objectId));
    if (/^p?y?re?_/.test(objectId)) return snapshotOf('refund', await this.gateway.retrieveRefund(objectId));
    if (/^d[up]_/.test(objectId)) return snapshotOf('dispute', await this.gateway.retrieveDispute(objectId));
    return 'needs_a_person';
  }
}

function snapshotOf<Kind extends Snapshot['kind']>(
  kind: Kind,
  answer: GatewayAnswer<Extract<Snapshot, { kind: Kind }>['object']>,
): Snapshot | 'not_at_stripe' | 'unknown' {
  if (answer.outcome === 'succeeded') return { kind, object: answer.object } as Extract<Snapshot, { kind: Kind }>;
  return answer.outcome === 'failed' && answer.code === 'resource_missing' ? 'not_at_stripe' : 'unknown';
}

function dayOf(instant: Date): string {
  return instant.toISOString().slice(0, 10);
}
