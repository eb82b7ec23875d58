import { Injectable } from '@nestjs/common';
import { newId } from '#kernel';
import { Database, type Queryable } from '#platform';
import type { BreakKind, OurSide } from './domain/match.js';

/** A difference that a run has found. */
export interface Finding {
  readonly kind: BreakKind;
  readonly detail: string;
  /** The payment intent, refund or dispute at Stripe; our own id when Stripe has none. */
  readonly objectId: string;
  readonly paymentId: string | null;
  readonly merchantId: string | null;
  readonly currency: string | null;
  readonly thereMinor: number | null;
  readonly hereMinor: number | null;
}

/** A stored difference. */
export interface ReconciliationBreak extends Finding {
  readonly id: string;
  readonly runId: string;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  readonly resolvedAt: Date | null;
  readonly resolution: 'repaired' | 'matched_later' | 'accepted' | null;
}

/** One comparison of a day. */
export interface ReconciliationRun {
  readonly id: string;
  /** `2026-11-01`, UTC. */
  readonly day: string;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly matched: number;
  readonly breaks: number;
  readonly error: string | null;
}

/** Our view of an object of Stripe. */
export interface OurObject extends OurSide {
  readonly objectId: string;
  readonly paymentId: string;
  readonly merchantId: string;
}

const BREAK_COLUMNS = `id, run_id as "runId", kind, detail, object_id as "objectId", payment_id as "paymentId", merchant_id as "merchantId", currency,
  amount_there_minor as "thereMinor", amount_here_minor as "hereMinor", first_seen_at as "firstSeenAt", last_seen_at as "lastSeenAt",
  resolved_at as "resolvedAt", resolution`;
const RUN_COLUMNS = `id, to_char(day, 'YYYY-MM-DD') as day, started_at as "startedAt", finished_at as "finishedAt", matched, breaks, error`;

/** The SQL of `reconciliation_runs` and `reconciliation_breaks`, and our side of the books. */
@Injectable()
export class ReconciliationRepository {
  constructor(private readonly database: Database) {}

  /** What we hold of payments, by the ids of their intents. */
  payments(intentIds: readonly string[]): Promise<OurObject[]> {
    return this.database.query<OurObject>(
      `select stripe_payment_intent_id as "objectId", id as "paymentId", merchant_id as "merchantId", amount_received_minor as "amountMinor", currency, status,
         amount_received_minor > 0 as "hasMoved"
       from payments where stripe_payment_intent_id = any ($1::text[])`,
      [intentIds],
    );
  }

  /** What we hold of refunds, by Stripe's ids. */
  refunds(refundIds: readonly string[]): Promise<OurObject[]> {
    return this.database.query<OurObject>(
      `select stripe_refund_id as "objectId", payment_id as "paymentId", merchant_id as "merchantId", amount_minor as "amountMinor", currency, status,
         status in ('pending', 'requires_action', 'succeeded') as "hasMoved"
       from refunds where stripe_refund_id = any ($1::text[])`,
      [refundIds],
    );
  }

  /** What we hold of disputes, by Stripe's ids. */
  disputes(disputeIds: readonly string[]): Promise<OurObject[]> {
    return this.database.query<OurObject>(
      `select stripe_dispute_id as "objectId", payment_id as "paymentId", merchant_id as "merchantId", amount_minor as "amountMinor", currency, status,
         true as "hasMoved"
       from disputes where stripe_dispute_id = any ($1::text[])`,
      [disputeIds],
    );
  }

  /** Payments and refunds that this system says were charged or paid back within the window. */
  movedHere(from: Date, until: Date): Promise<(OurObject & { readonly what: 'payment' | 'refund' })[]> {
    return this.database.query(
      `select 'payment' as what, coalesce(p.stripe_payment_intent_id, p.id) as "objectId", p.id as "paymentId", p.merchant_id as "merchantId",
         p.amount_received_minor as "amountMinor", p.currency, p.status, true as "hasMoved"
       from payments p join payment_adjustments a on a.payment_id = p.id and a.status_after = 'succeeded' and a.status_before is distinct from 'succeeded'
       where a.created_at >= $1 and a.created_at < $2
       union all
       select 'refund', coalesce(r.stripe_refund_id, r.id), r.payment_id, r.merchant_id, r.amount_minor, r.currency, r.status, true
       from refunds r where r.status = 'succeeded' and r.created_at >= $1 and r.created_at < $2`,
      [from, until],
    );
  }

  async begin(day: string): Promise<string> {
    const id = newId('reconciliationRun');
    await this.database.query('insert into reconciliation_runs (id, day) values ($1, $2)', [id, day]);
    return id;
  }

  /** Ends a run: its findings become or renew breaks, and open breaks of objects that agree now are closed. */
  async finish(runId: string, matchedIds: readonly string[], findings: readonly Finding[]): Promise<void> {
    await this.database.transaction(async (transaction) => {
      for (const finding of findings) await this.upsert(transaction, runId, finding);
      await transaction.query(
        `update reconciliation_breaks set resolved_at = now(), resolution = 'matched_later' where resolved_at is null and object_id = any ($1::text[])`,
        [matchedIds],
      );
      await transaction.query('update reconciliation_runs set finished_at = now(), matched = $2, breaks = $3 where id = $1', [
        runId,
        matchedIds.length,
        findings.length,
      ]);
    });
  }

  async fail(runId: string, error: string): Promise<void> {
    await this.database.query('update reconciliation_runs set finished_at = now(), error = $2 where id = $1', [runId, error]);
  }

  listRuns(page: { readonly limit: number; readonly startingAfter: string | null }): Promise<ReconciliationRun[]> {
    return this.database.query<ReconciliationRun>(
      `select ${RUN_COLUMNS} from reconciliation_runs where $1::text is null or id < $1 order by id desc limit $2`,
      [page.startingAfter, page.limit],
    );
  }

  async findRun(id: string): Promise<ReconciliationRun | null> {
    const [row] = await this.database.query<ReconciliationRun>(`select ${RUN_COLUMNS} from reconciliation_runs where id = $1`, [id]);
    return row ?? null;
  }

  /** @param merchantId - null for all merchants. */
  listBreaks(
    merchantId: string | null,
    filter: { readonly kind: string | null; readonly isOpen: boolean | null; readonly runId: string | null },
    page: { readonly limit: number; readonly startingAfter: string | null },
  ): Promise<ReconciliationBreak[]> {
    return this.database.query<ReconciliationBreak>(
      `select ${BREAK_COLUMNS} from reconciliation_breaks
       where ($1::text is null or merchant_id = $1) and ($2::text is null or kind = $2) and ($3::boolean is null or (resolved_at is null) = $3)
         and ($4::text is null or run_id = $4) and ($5::text is null or id < $5)
       order by id desc limit $6`,
      [merchantId, filter.kind, filter.isOpen, filter.runId, page.startingAfter, page.limit],
    );
  }

  async findBreak(id: string, merchantId: string | null): Promise<ReconciliationBreak | null> {
    const [row] = await this.database.query<ReconciliationBreak>(
      `select ${BREAK_COLUMNS} from reconciliation_breaks where id = $1 and ($2::text is null or merchant_id = $2)`,
      [id, merchantId],
    );
    return row ?? null;
  }

  async resolve(transaction: Queryable, id: string, resolution: 'repaired' | 'accepted'): Promise<void> {
    await transaction.query('update reconciliation_breaks set resolved_at = now(), resolution = $2 where id = $1', [id, resolution]);
  }

  /** Open differences by kind: the gauge. */
  async openByKind(): Promise<Readonly<Record<string, number>>> {
    const rows = await this.database.query<{ kind: string; count: number }>(
      'select kind, count(*) as count from reconciliation_breaks where resolved_at is null group by kind',
    );
    return Object.fromEntries(rows.map(({ kind, count }) => [kind, count]));
  }

  /** The newest day that was compared to its end. */
  async lastDay(): Promise<string | null> {
    const [row] = await this.database.query<{ day: string | null }>(
      `select to_char(max(day), 'YYYY-MM-DD') as day from reconciliation_runs where finished_at is not null and error is null`,
    );
    return row?.day ?? null;
  }

  private async upsert(transaction: Queryable, runId: string, finding: Finding): Promise<void> {
    await transaction.query(
      `insert into reconciliation_breaks (id, run_id, kind, object_id, payment_id, merchant_id, currency, amount_there_minor, amount_here_minor, detail)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       on conflict (object_id, kind) where resolved_at is null do update set last_seen_at = now(), run_id = excluded.run_id,
         amount_there_minor = excluded.amount_there_minor, amount_here_minor = excluded.amount_here_minor, detail = excluded.detail`,
      [
        newId('reconciliationBreak'),
        runId,
        finding.kind,
        finding.objectId,
        finding.paymentId,
        finding.merchantId,
        finding.currency,
        finding.thereMinor,
        finding.hereMinor,
        finding.detail,
      ],
    );
  }
}
