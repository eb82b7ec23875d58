import { Injectable } from '@nestjs/common';
import { type GatewayAnswer, type GatewayEvent, GatewayEventsService, PaymentGateway } from '#payments';
import { Database } from '#platform';
import { type AuditActor, AuditLog } from '#security';
import { type ReconciliationBreak, ReconciliationRepository } from './reconciliation.repository.js';

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

/** Brings our side in line with the object that Stripe has now. Money is never moved by a repair. */
@Injectable()
export class ReconciliationRepairs {
  constructor(
    private readonly database: Database,
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
  ): Promise<RepairResult['outcome']> {
    const snapshots = await this.fetch(found.objectId);
    if (typeof snapshots === 'string') return snapshots;
    try {
      return await this.database.transaction(async (transaction) => {
        let outcome: RepairResult['outcome'] = 'unchanged';
        for (const snapshot of snapshots) {
          outcome = await this.events.apply(transaction, snapshot, 'snapshot', { source: 'reconciliation', sourceId: found.id });
        }
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

  /** The object, after the payment that it belongs to: a refund cannot be booked on a payment that is behind. */
  private async fetch(objectId: string): Promise<Snapshot[] | 'not_at_stripe' | 'unknown' | 'needs_a_person'> {
    if (objectId.startsWith('pi_')) return listOf(snapshotOf('payment', await this.gateway.retrievePayment(objectId)));
    if (/^(re|pyr)_/.test(objectId)) return this.withPayment(snapshotOf('refund', await this.gateway.retrieveRefund(objectId)));
    if (/^d[up]_/.test(objectId)) return this.withPayment(snapshotOf('dispute', await this.gateway.retrieveDispute(objectId)));
    return 'needs_a_person';
  }

  private async withPayment(snapshot: Snapshot | 'not_at_stripe' | 'unknown'): Promise<Snapshot[] | 'not_at_stripe' | 'unknown'> {
    if (typeof snapshot === 'string' || snapshot.kind === 'payment') return listOf(snapshot);
    const payment = snapshotOf('payment', await this.gateway.retrievePayment(snapshot.object.paymentGatewayId));
    return typeof payment === 'string' ? payment : [payment, snapshot];
  }
}

function listOf(snapshot: Snapshot | 'not_at_stripe' | 'unknown'): Snapshot[] | 'not_at_stripe' | 'unknown' {
  return typeof snapshot === 'string' ? snapshot : [snapshot];
}

function snapshotOf<Kind extends Snapshot['kind']>(
  kind: Kind,
  answer: GatewayAnswer<Extract<Snapshot, { kind: Kind }>['object']>,
): Snapshot | 'not_at_stripe' | 'unknown' {
  if (answer.outcome === 'succeeded') return { kind, object: answer.object } as Extract<Snapshot, { kind: Kind }>;
  return answer.outcome === 'failed' && answer.code === 'resource_missing' ? 'not_at_stripe' : 'unknown';
}
