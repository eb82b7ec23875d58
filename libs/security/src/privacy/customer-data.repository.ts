/** Personal data of one customer, wherever it stands in clear or sealed. */
import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '#platform';
import { PERSONAL_RECORDS } from './personal-records.js';

/** A customer. */
export interface CustomerRow {
  readonly id: string;
  readonly emailSealed: string | null;
  /** The key under which the address is sealed; null once it was destroyed, and for a person nothing is sealed of. */
  readonly wrappedKey: string | null;
  readonly stripeCustomerId: string | null;
  readonly createdAt: Date;
  readonly erasedAt: Date | null;
}

/** The rows of one table. */
export interface ExportedRecords {
  readonly table: string;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** Whether there are more rows than an export holds. */
  readonly isCut: boolean;
}

/** An event of Stripe that changed a payment of the customer. */
export interface CustomerEvent {
  readonly type: string;
  readonly receivedAt: Date;
  readonly payload: Buffer;
}

// States in which a payment will not move by itself any more.
const AT_REST = ['succeeded', 'canceled', 'blocked', 'requires_payment_method'];
// An export is one answer; of a table with more rows it says that it holds a part.
const MAX_ROWS = 10_000;
const MAX_EVENTS = 1_000;

/** Reads and erases. */
@Injectable()
export class CustomerDataRepository {
  constructor(private readonly database: Database) {}

  async find(queryable: Queryable, merchantId: string, id: string): Promise<CustomerRow | null> {
    const rows = await queryable.query<CustomerRow & Record<string, unknown>>(
      `select c.id, c.email_sealed as "emailSealed", k.key_wrapped as "wrappedKey", c.stripe_customer_id as "stripeCustomerId",
              c.created_at as "createdAt", c.erased_at as "erasedAt"
         from customers c left join personal_data_keys k on k.subject_id = c.id where c.merchant_id = $1 and c.id = $2`,
      [merchantId, id],
    );
    return rows[0] ?? null;
  }

  /** {@link find} under a lock that payments which name the customer wait for. */
  async lock(transaction: Queryable, merchantId: string, id: string): Promise<CustomerRow | null> {
    await transaction.query('select 1 from customers where merchant_id = $1 and id = $2 for update', [merchantId, id]);
    return this.find(transaction, merchantId, id);
  }

  /** The rows of every table about the customer. */
  async records(customerId: string): Promise<ExportedRecords[]> {
    const found: ExportedRecords[] = [];
    for (const { table, rows: condition, unexported } of PERSONAL_RECORDS) {
      if (unexported === null) continue;
      const rows = await this.database.query<{ record: Record<string, unknown> }>(
        `select to_jsonb(r) - $2::text[] as record from ${table} r where ${condition} limit ${MAX_ROWS + 1}`,
        [customerId, unexported],
      );
      found.push({ table, rows: rows.slice(0, MAX_ROWS).map(({ record }) => record), isCut: rows.length > MAX_ROWS });
    }
    return found;
  }

  /** Stripe's events that changed the customer's payments: those are named by what they changed, the others repeat them. */
  events(customerId: string): Promise<CustomerEvent[]> {
    return this.database.query<CustomerEvent & Record<string, unknown>>(
      `select e.type, e.received_at as "receivedAt", e.payload
         from payments p
         join payment_adjustments a on a.payment_id = p.id and a.source = 'webhook'
         join webhook_events e on e.account = '' and e.livemode = p.livemode and e.stripe_event_id = a.source_id
        where p.customer_id = $1 order by e.sequence desc limit ${MAX_EVENTS}`,
      [customerId],
    );
  }

  /** Whether a payment of the customer may still move: its data is needed until then. */
  async hasOpenPayment(transaction: Queryable, customerId: string): Promise<boolean> {
    // A payment that waits for its owner to come back has nobody who looks at it again.
    const rows = await transaction.query(
      `select 1 from payments where customer_id = $1 and status <> all ($2) and not (status = 'requires_action' and next_check_at is null) limit 1`,
      [customerId, AT_REST],
    );
    return rows.length > 0;
  }

  /** Destroys the person's key, removes what names or places them in clear, and has Stripe's events searched for them from the first one on. */
  async erase(transaction: Queryable, { id }: Pick<CustomerRow, 'id'>): Promise<void> {
    await transaction.query(
      `update customers set email_hash = null, email_sealed = null, default_payment_method_id = null, erased_at = now(),
         events_redacted_to = 0, updated_at = now() where id = $1`,
      [id],
    );
    await transaction.query(
      `insert into personal_data_keys (subject_id, merchant_id, destroyed_at) select id, merchant_id, now() from customers where id = $1
       on conflict (subject_id) do update set key_wrapped = null, destroyed_at = coalesce(personal_data_keys.destroyed_at, excluded.destroyed_at)`,
      [id],
    );
    for (const { erase } of PERSONAL_RECORDS) if (erase !== null) await transaction.query(erase, [id]);
  }

  /** Customers whose key is destroyed and whose rows are there again: a backup older than their erasure was restored. */
  broughtBack(limit: number): Promise<{ id: string; merchantId: string }[]> {
    return this.database.query<{ id: string; merchantId: string }>(
      `select c.id, c.merchant_id as "merchantId" from personal_data_keys k join customers c on c.id = k.subject_id
        where k.destroyed_at is not null and c.erased_at is null order by c.id limit $1`,
      [limit],
    );
  }
}
