import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '#platform';
import { DISPUTED_STATUSES } from './domain/dispute-status.js';
import { PAYMENT_MOVES } from './domain/payment-status.js';
import { SpendingLimitsRepository } from './limits/spending-limits.repository.js';

/** A row that is not what its history says it should be. */
export interface LedgerDifference {
  /** What the row is about: a payment, or a reservation's payment and bucket. */
  readonly id: string;
  /** The column at fault, or a rule in words. */
  readonly field: string;
  /** What the row says. */
  readonly row: string | null;
  /** What follows from the history. */
  readonly ledger: string | null;
}

/** Every legal move as `from>to`, whoever may cause it. */
const LEGAL_MOVES = Object.entries(PAYMENT_MOVES).flatMap(([from, targets]) => Object.keys(targets).map((to) => `${from}>${to}`));

/** Rebuilds current rows from the append-only tables and compares. */
@Injectable()
export class LedgerRepository {
  constructor(
    private readonly database: Database,
    private readonly limits: SpendingLimitsRepository,
  ) {}

  /** Every difference between what is and what the history says; empty unless something is wrong. */
  async findDifferences(): Promise<readonly LedgerDifference[]> {
    const leaks = await this.limits.findLeaks(this.database);
    return [
      ...(await this.compareNewest(this.database)),
      ...(await this.checkHistory(this.database)),
      ...(await this.compareSums(this.database)),
      ...(await this.compareDisputes(this.database)),
      ...leaks.map(({ fault, key }) => ({ id: key, field: `spending limit ${fault}`, row: null, ledger: null })),
    ];
  }

  /** How many payments were compared. */
  async count(): Promise<number> {
    const [row] = await this.database.query<{ count: number }>('select count(*) as count from payments');
    return row?.count ?? 0;
  }

  /** A payment's row is its newest adjustment. */
  private compareNewest(queryable: Queryable): Promise<LedgerDifference[]> {
    return queryable.query(
      `select p.id, field, row_value as row, ledger_value as ledger
       from payments p
       left join lateral (select * from payment_adjustments where payment_id = p.id order by sequence desc limit 1) a on true
       cross join lateral (values
         ('version', p.version::text, a.sequence::text),
         ('status', p.status, a.status_after),
         ('outcome_certainty', p.outcome_certainty, a.outcome_certainty),
         ('amount_minor', p.amount_minor::text, a.amount_minor::text),
         ('tip_minor', p.tip_minor::text, a.tip_minor::text),
         ('amount_capturable_minor', p.amount_capturable_minor::text, a.amount_capturable_minor::text),
         ('amount_received_minor', p.amount_received_minor::text, a.amount_received_minor::text),
         ('amount_refunded_minor', p.amount_refunded_minor::text, a.amount_refunded_minor::text),
         ('amount_disputed_minor', p.amount_disputed_minor::text, a.amount_disputed_minor::text)
       ) as compared (field, row_value, ledger_value)
       where row_value is distinct from ledger_value`,
    );
  }

  /** The history itself: numbered without gaps, each step starting where the last one ended, along legal moves, within its amounts. */
  private checkHistory(queryable: Queryable): Promise<LedgerDifference[]> {
    return queryable.query(
      `with steps as (
         select *, lag(status_after) over steps_of as previous, row_number() over steps_of as position
         from payment_adjustments window steps_of as (partition by payment_id order by sequence))
       select payment_id as id, 'sequence' as field, sequence::text as row, position::text as ledger from steps where sequence <> position
       union all
       select payment_id, 'status_before', status_before, previous from steps where status_before is distinct from previous
       union all
       select payment_id, 'illegal move', status_before || '>' || status_after, null from steps
       where status_before <> status_after and status_before || '>' || status_after <> all ($1)
       union all
       select payment_id, 'received above amount', amount_received_minor::text, amount_minor::text from steps
       where amount_received_minor > amount_minor
       union all
       select payment_id, 'refunded above received', amount_refunded_minor::text, amount_received_minor::text from steps
       where amount_refunded_minor > amount_received_minor`,
      [LEGAL_MOVES],
    );
  }

  /** Sums that stand in a payment's row and come from other tables, and money that no call to the processor explains. */
  private compareSums(queryable: Queryable): Promise<LedgerDifference[]> {
    return queryable.query(
      `select p.id, field, row_value::text as row, ledger_value::text as ledger
       from payments p
       cross join lateral (values
         ('amount_refunded_minor', p.amount_refunded_minor, (
           select coalesce(sum(amount_minor), 0) from refunds
           where payment_id = p.id and status in ('pending', 'requires_action', 'succeeded'))),
         ('amount_disputed_minor', p.amount_disputed_minor, (
           select coalesce(sum(amount_minor), 0) from disputes
           where payment_id = p.id and status = any ($1))),
         ('sum of small amounts', case when exists (select 1 from payments c where c.accumulated_into = p.id) then p.amount_minor end, (
           select sum(amount_minor) from payments c where c.accumulated_into = p.id))
       ) as compared (field, row_value, ledger_value)
       where row_value is distinct from ledger_value
       union all
       select id, 'received without an attempt', amount_received_minor::text, null from payments p
       where amount_received_minor > 0 and not exists (
         select 1 from payment_attempts where payment_id = p.id and operation in ('confirm', 'capture'))`,
      [DISPUTED_STATUSES],
    );
  }

  /** A dispute's row is its newest adjustment, its history has no gaps, and its money is where its movements have taken it. */
  private compareDisputes(queryable: Queryable): Promise<LedgerDifference[]> {
    return queryable.query(
      `select d.id, field, row_value as row, ledger_value as ledger
       from disputes d
       left join lateral (select * from dispute_adjustments where dispute_id = d.id order by sequence desc limit 1) a on true
       cross join lateral (values
         ('dispute version', d.version::text, a.sequence::text),
         ('dispute history', d.version::text, (select count(*)::text from dispute_adjustments where dispute_id = d.id)),
         ('dispute status', d.status, a.status_after),
         ('dispute amount_minor', d.amount_minor::text, a.amount_minor::text),
         ('dispute are_funds_withdrawn', d.are_funds_withdrawn::text, a.are_funds_withdrawn::text),
         ('dispute evidence_submission_count', d.evidence_submission_count::text, a.evidence_submission_count::text),
         ('dispute money', d.are_funds_withdrawn::text, (
           select (coalesce(sum(amount_minor), 0) < 0)::text from dispute_movements where dispute_id = d.id))
       ) as compared (field, row_value, ledger_value)
       where row_value is distinct from ledger_value
       union all
       select dispute_id, 'dispute status_before', status_before, previous from (
         select dispute_id, status_before, lag(status_after) over (partition by dispute_id order by sequence) as previous
         from dispute_adjustments) steps
       where status_before is distinct from previous`,
    );
  }
}
