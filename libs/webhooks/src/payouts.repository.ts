import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '#platform';
import type { StripePayout } from '#stripe';

/** A payout as the events have told it. Amounts in minor units. */
export interface PayoutRow {
  readonly id: string;
  readonly livemode: boolean;
  readonly amountMinor: number;
  readonly currency: string;
  readonly status: string;
  readonly isAutomatic: boolean;
  /** `2026-11-01`. */
  readonly arrivesOn: string;
  readonly failureCode: string | null;
  readonly reconciliationStatus: string;
  readonly createdAt: Date;
}

const COLUMNS = `id, livemode, amount_minor as "amountMinor", currency, status, is_automatic as "isAutomatic", to_char(arrives_on, 'YYYY-MM-DD') as "arrivesOn",
  failure_code as "failureCode", reconciliation_status as "reconciliationStatus", stripe_created_at as "createdAt"`;

// Two workers may fetch one payout and apply what they got in the other order: a state is never taken back, and the end of it, which a bank can
// still reverse, counts as the furthest.
const UPSERT = `
insert into payouts as p (id, livemode, amount_minor, currency, status, is_automatic, arrives_on, failure_code, reconciliation_status, stripe_created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (id) do update set status = excluded.status, arrives_on = excluded.arrives_on, failure_code = excluded.failure_code,
  reconciliation_status = excluded.reconciliation_status, updated_at = now()
where array_position('{pending,in_transit,paid,failed,canceled}', excluded.status) >= array_position('{pending,in_transit,paid,failed,canceled}', p.status)
  and (p.status, p.arrives_on, p.failure_code, p.reconciliation_status)
    is distinct from (excluded.status, excluded.arrives_on, excluded.failure_code, excluded.reconciliation_status)
returning id`;

/** The SQL of `payouts`. */
@Injectable()
export class PayoutsRepository {
  constructor(private readonly database: Database) {}

  /** @returns Whether there was news in it. */
  async upsert(transaction: Queryable, payout: StripePayout): Promise<boolean> {
    const rows = await transaction.query(UPSERT, [
      payout.gatewayId,
      payout.livemode,
      payout.amountMinor,
      payout.currency,
      payout.status,
      payout.isAutomatic,
      payout.arrivesOn.toISOString().slice(0, 10),
      payout.failureCode,
      payout.reconciliationStatus,
      payout.createdAt,
    ]);
    return rows.length > 0;
  }

  /** One page, newest first. */
  list(status: string | null, page: { readonly limit: number; readonly startingAfter: string | null }): Promise<PayoutRow[]> {
    return this.database.query<PayoutRow>(
      `select ${COLUMNS} from payouts
       where ($1::text is null or status = $1)
         and ($2::text is null or (stripe_created_at, id) < (select p.stripe_created_at, p.id from payouts p where p.id = $2))
       order by stripe_created_at desc, id desc limit $3`,
      [status, page.startingAfter, page.limit],
    );
  }

  findAll(ids: readonly string[]): Promise<PayoutRow[]> {
    return this.database.query<PayoutRow>(`select ${COLUMNS} from payouts where id = any ($1::text[])`, [ids]);
  }
}
