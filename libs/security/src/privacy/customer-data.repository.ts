/** Personal data of one customer, wherever it stands in clear or sealed. */
import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '#platform';

/** A customer. */
export interface CustomerRow {
  readonly id: string;
  readonly emailSealed: string | null;
  readonly stripeCustomerId: string | null;
  readonly createdAt: Date;
  readonly erasedAt: Date | null;
}

/** What is known of a payment of the customer. */
export interface CustomerPayment {
  readonly id: string;
  readonly status: string;
  readonly amount: number;
  readonly currency: string;
  readonly description: string | null;
  readonly metadata: Record<string, unknown>;
  readonly clientIp: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly createdAt: Date;
}

// States in which a payment will not move by itself any more.
const AT_REST = ['succeeded', 'canceled', 'blocked', 'requires_payment_method'];
// An export is one answer; who has more payments gets the newest of them.
const MAX_PAYMENTS = 10_000;

/** Reads and erases. */
@Injectable()
export class CustomerDataRepository {
  constructor(private readonly database: Database) {}

  async find(queryable: Queryable, merchantId: string, id: string): Promise<CustomerRow | null> {
    const rows = await queryable.query<CustomerRow & Record<string, unknown>>(
      `select id, email_sealed as "emailSealed", stripe_customer_id as "stripeCustomerId", created_at as "createdAt", erased_at as "erasedAt"
         from customers where merchant_id = $1 and id = $2`,
      [merchantId, id],
    );
    return rows[0] ?? null;
  }

  /** The customer's payments, the newest first. */
  payments(merchantId: string, customerId: string): Promise<CustomerPayment[]> {
    return this.database.query<CustomerPayment & Record<string, unknown>>(
      `select id, status, amount_minor as amount, currency, description, metadata, host(client_ip) as "clientIp", latitude, longitude,
              created_at as "createdAt"
         from payments where merchant_id = $1 and customer_id = $2 order by id desc limit $3`,
      [merchantId, customerId, MAX_PAYMENTS],
    );
  }

  /** Whether a payment of the customer may still move: its data is needed until then. */
  async hasOpenPayment(transaction: Queryable, customerId: string): Promise<boolean> {
    const rows = await transaction.query('select 1 from payments where customer_id = $1 and status <> all ($2) limit 1', [
      customerId,
      AT_REST,
    ]);
    return rows.length > 0;
  }

  /** Removes what names or places the person. Amounts, states and ids stay: they are the merchant's books. */
  async erase(transaction: Queryable, customerId: string): Promise<void> {
    await transaction.query(
      `update customers set email_hash = null, email_sealed = null, default_payment_method_id = null, erased_at = now(), updated_at = now() where id = $1`,
      [customerId],
    );
    await transaction.query(
      `update payments set description = null, metadata = '{}', client_ip = null, latitude = null, longitude = null, return_url = null
        where customer_id = $1`,
      [customerId],
    );
    await transaction.query(
      `update fraud_attempts set ip = null, latitude = null, longitude = null, list_keys = '{}' where customer_id = $1`,
      [customerId],
    );
    // The processor is told by the worker to give up what is still kept there.
    await transaction.query(
      `update saved_payment_methods set status = case when status in ('active', 'detached') then 'detached' else 'failed' end,
              requested_method = 'erased', brand = null, last4 = null, exp_month = null, exp_year = null, funding = null, country = null,
              fingerprint = null, return_url = null, next_action = null, last_error = null, version = version + 1, updated_at = now(),
              next_check_at = case when status = 'active' then now() else next_check_at end
        where customer_id = $1`,
      [customerId],
    );
    await transaction.query(
      `update outbox_events set data = data || '{"card": null}' where object_id in (select id from saved_payment_methods where customer_id = $1)`,
      [customerId],
    );
    await transaction.query(
      'delete from idempotency_keys where object_id in (select id from saved_payment_methods where customer_id = $1)',
      [customerId],
    );
    // What merchants were told, for those who ask again. They have their own copy to erase.
    await transaction.query(
      `update outbox_events set previous = previous - 'metadata' - 'description',
              data = data || '{"metadata": {}}' || case when data ? 'description' then '{"description": null}'::jsonb else '{}' end
        where object_id in (select id from payments where customer_id = $1)`,
      [customerId],
    );
    // The stored answers repeat the description and metadata. Without them a late repeat of the request is answered from the payment's row.
    await transaction.query('delete from idempotency_keys where object_id in (select id from payments where customer_id = $1)', [
      customerId,
    ]);
  }

  /** Sealed addresses under an older key than the present one, by the start of their text. */
  sealedOtherwise(prefix: string, limit: number): Promise<{ id: string; emailSealed: string }[]> {
    return this.database.query<{ id: string; emailSealed: string }>(
      `select id, email_sealed as "emailSealed" from customers where email_sealed is not null and not starts_with(email_sealed, $1) limit $2`,
      [prefix, limit],
    );
  }

  /** Replaces a sealed address, unless it has changed meanwhile. */
  async reseal(id: string, before: string, after: string): Promise<void> {
    await this.database.query('update customers set email_sealed = $3 where id = $1 and email_sealed = $2', [id, before, after]);
  }
}
