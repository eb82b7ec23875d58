import { Injectable } from '@nestjs/common';
import { assert, newId } from '#kernel';
import { Database, type Queryable } from '#platform';
import { PersonalDataCipher, type SealedPlace } from '#security';
import { type PaymentCaller } from '../payment.js';
import { type PageRequest } from '../payment-lists.repository.js';

/** Who pays, without the address. */
export interface Customer {
  readonly id: string;
  readonly livemode: boolean;
  /** The saved method that pays when nobody names one. */
  readonly defaultPaymentMethodId: string | null;
  readonly stripeCustomerId: string | null;
  readonly createdAt: Date;
}

const COLUMNS = `id, livemode, default_payment_method_id as "defaultPaymentMethodId", stripe_customer_id as "stripeCustomerId", created_at as "createdAt"`;

/** SQL of `customers`: found by a keyed hash of their address, which itself is stored sealed. */
@Injectable()
export class CustomersRepository {
  constructor(
    private readonly database: Database,
    private readonly cipher: PersonalDataCipher,
  ) {}

  /** A customer of the caller's merchant and mode. */
  async find(caller: Pick<PaymentCaller, 'merchantId' | 'livemode'>, id: string): Promise<Customer | null> {
    const [row] = await this.database.query<Customer>(
      `select ${COLUMNS} from customers where id = $1 and merchant_id = $2 and livemode = $3`,
      [id, caller.merchantId, caller.livemode],
    );
    return row ?? null;
  }

  /** The customers of the caller's merchant and mode, newest first. */
  list(caller: Pick<PaymentCaller, 'merchantId' | 'livemode'>, page: PageRequest): Promise<Customer[]> {
    return this.database.query<Customer>(
      `select ${COLUMNS} from customers where merchant_id = $1 and livemode = $2 and ($3::text is null or id < $3) order by id desc limit $4`,
      [caller.merchantId, caller.livemode, page.startingAfter, page.limit],
    );
  }

  /** The customer's address; null when none was given or it was erased. */
  async emailOf(caller: Pick<PaymentCaller, 'merchantId' | 'livemode'>, id: string): Promise<string | null> {
    const [row] = await this.database.query<{ sealed: string; wrappedKey: string }>(
      `select email_sealed as sealed, key_wrapped as "wrappedKey" from customers join personal_data_keys on subject_id = id
       where id = $1 and customers.merchant_id = $2 and livemode = $3 and email_sealed is not null and key_wrapped is not null`,
      [id, caller.merchantId, caller.livemode],
    );
    return row ? this.cipher.openFor({ id, wrappedKey: row.wrappedKey }, row.sealed, placeOf(id)) : null;
  }

  /** Notes which customer it is at Stripe, unless that is known already. @returns The id that holds. */
  async adoptStripeId(id: string, stripeCustomerId: string): Promise<string> {
    const [row] = await this.database.query<{ stripeCustomerId: string }>(
      `update customers set stripe_customer_id = coalesce(stripe_customer_id, $2), updated_at = now() where id = $1
       returning stripe_customer_id as "stripeCustomerId"`,
      [id, stripeCustomerId],
    );
    assert(row, 'the caller holds the id of a customer that exists');
    return row.stripeCustomerId;
  }

  /** The customer is gone at Stripe: the next method to be saved makes a new one there. */
  async forgetStripeId(transaction: Queryable, stripeCustomerId: string): Promise<void> {
    await transaction.query('update customers set stripe_customer_id = null, updated_at = now() where stripe_customer_id = $1', [
      stripeCustomerId,
    ]);
  }

  /** Locks a customer's row for the rest of the transaction, and with it the choice of its default method. */
  async lock(transaction: Queryable, id: string): Promise<Customer | null> {
    const [row] = await transaction.query<Customer>(`select ${COLUMNS} from customers where id = $1 for update`, [id]);
    return row ?? null;
  }

  /** Sets or clears the customer's default method. */
  async setDefault(transaction: Queryable, id: string, savedMethodId: string | null): Promise<void> {
    await transaction.query('update customers set default_payment_method_id = $2, updated_at = now() where id = $1', [id, savedMethodId]);
  }

  /** The customer with that address, if there is one. */
  async findByEmail(queryable: Queryable, caller: Pick<PaymentCaller, 'merchantId' | 'livemode'>, email: string): Promise<string | null> {
    const [row] = await queryable.query<{ id: string }>(
      'select id from customers where merchant_id = $1 and livemode = $2 and email_hash = $3',
      [caller.merchantId, caller.livemode, this.hashOf(email)],
    );
    return row?.id ?? null;
  }

  /** Whether the id names a customer of the caller's merchant and mode who was not erased. */
  async exists(queryable: Queryable, caller: Pick<PaymentCaller, 'merchantId' | 'livemode'>, id: string): Promise<boolean> {
    const rows = await queryable.query(
      'select 1 from customers where id = $1 and merchant_id = $2 and livemode = $3 and erased_at is null',
      [id, caller.merchantId, caller.livemode],
    );
    return rows.length === 1;
  }

  /** The customer with that address, made if need be, together with the key under which what names the person is sealed. @returns Its id. */
  async getOrCreate(transaction: Queryable, caller: Pick<PaymentCaller, 'merchantId' | 'livemode'>, email: string): Promise<string> {
    const found = await this.findByEmail(transaction, caller, email);
    if (found !== null) return found;
    const id = newId('customer');
    const wrappedKey = this.cipher.newWrappedKey(id);
    const sealed = this.cipher.sealFor({ id, wrappedKey }, normaliseEmail(email), placeOf(id));
    const [row] = await transaction.query<{ id: string }>(
      `with customer as (
         insert into customers (id, merchant_id, livemode, email_hash, email_sealed) values ($1, $2, $3, $4, $5)
         on conflict (merchant_id, livemode, email_hash) do update set updated_at = customers.updated_at returning id
       ), key as (
         insert into personal_data_keys (subject_id, merchant_id, key_wrapped) select id, $2, $6 from customer where id = $1
       )
       select id from customer`,
      [id, caller.merchantId, caller.livemode, this.hashOf(email), sealed, wrappedKey],
    );
    assert(row, 'an insert that updates on conflict returns a row');
    return row.id;
  }

  /** The addresses of customers that have one and were not erased. */
  async emailsOf(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await this.database.query<{ id: string; sealed: string; wrappedKey: string }>(
      `select c.id, c.email_sealed as sealed, k.key_wrapped as "wrappedKey" from customers c join personal_data_keys k on k.subject_id = c.id
       where c.id = any ($1) and c.email_sealed is not null and k.key_wrapped is not null`,
      [[...new Set(ids)]],
    );
    return new Map(rows.map(({ id, sealed, wrappedKey }) => [id, this.cipher.openFor({ id, wrappedKey }, sealed, placeOf(id))]));
  }

  private hashOf(email: string): Buffer {
    return this.cipher.matchHash('email', normaliseEmail(email));
  }
}

function placeOf(rowId: string): SealedPlace {
  return { table: 'customers', column: 'email_sealed', rowId };
}

function normaliseEmail(email: string): string {
  return email.trim().toLowerCase();
}
