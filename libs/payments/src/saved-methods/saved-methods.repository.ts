import { Injectable } from '@nestjs/common';
import { assert } from '#kernel';
import { AppConfig, Database, type Queryable } from '#platform';
import { savedMethodResponseOf } from '../dto/saved-method.response.js';
import { type PaymentCaller } from '../payment.js';
import { type PageRequest } from '../payment-lists.repository.js';
import { type SavedMethod, type SavedMethodChange } from './saved-method.js';

/** Whose rows a request may see. */
type Owner = Pick<PaymentCaller, 'merchantId' | 'livemode'>;

/** A saved method's first row. */
export type NewSavedMethod = Pick<
  SavedMethod,
  'id' | 'merchantId' | 'livemode' | 'customerId' | 'usage' | 'requestedMethod' | 'isDefaultWanted' | 'returnUrl'
> & { readonly createdBy: string };

// Aliased to the names of SavedMethod, so that a row is one.
const COLUMNS = `m.id, m.merchant_id as "merchantId", m.livemode, m.customer_id as "customerId", m.status, m.usage,
  m.requested_method as "requestedMethod", m.is_default_wanted as "isDefaultWanted", m.return_url as "returnUrl",
  m.stripe_setup_intent_id as "stripeSetupIntentId", m.stripe_customer_id as "stripeCustomerId",
  m.stripe_payment_method_id as "stripePaymentMethodId", m.type, m.brand, m.last4, m.exp_month as "expMonth", m.exp_year as "expYear",
  m.funding, m.country, m.fingerprint, m.next_action as "nextAction", m.last_error as "lastError", m.try_number as "tryNumber", m.version,
  m.check_count as "checkCount", m.created_at as "createdAt", m.updated_at as "updatedAt",
  exists (select 1 from customers c where c.id = m.customer_id and c.default_payment_method_id = m.id) as "isDefault"`;

/** SQL of `saved_payment_methods`. */
@Injectable()
export class SavedMethodsRepository {
  constructor(
    private readonly database: Database,
    private readonly config: AppConfig,
  ) {}

  /** A method of the caller's merchant and mode. */
  async find(owner: Owner, id: string): Promise<SavedMethod | null> {
    const [row] = await this.database.query<SavedMethod>(
      `select ${COLUMNS} from saved_payment_methods m where m.id = $1 and m.merchant_id = $2 and m.livemode = $3`,
      [id, owner.merchantId, owner.livemode],
    );
    return row ?? null;
  }

  /** Any method by its id, for those who act for no caller. */
  async get(queryable: Queryable, id: string): Promise<SavedMethod> {
    const [row] = await queryable.query<SavedMethod>(`select ${COLUMNS} from saved_payment_methods m where m.id = $1`, [id]);
    assert(row, 'the caller holds the id of a saved method that exists');
    return row;
  }

  /** Whether the id names a method of ours, of whichever merchant. */
  async exists(queryable: Queryable, id: string): Promise<boolean> {
    return (await queryable.query('select 1 from saved_payment_methods where id = $1', [id])).length === 1;
  }

  /** The methods of a customer, newest first. */
  list(customerId: string, page: PageRequest): Promise<SavedMethod[]> {
    return this.database.query<SavedMethod>(
      `select ${COLUMNS} from saved_payment_methods m
       where m.customer_id = $1 and ($2::text is null or m.id < $2) order by m.id desc limit $3`,
      [customerId, page.startingAfter, page.limit],
    );
  }

  /** Locks a method's row for the rest of the transaction. The customer's row, where it is needed, is locked first. */
  async lock(transaction: Queryable, id: string): Promise<SavedMethod | null> {
    const [row] = await transaction.query<SavedMethod>(`select ${COLUMNS} from saved_payment_methods m where m.id = $1 for update of m`, [
      id,
    ]);
    return row ?? null;
  }

  /** Methods that pay by the processor's method; more than one when the same was saved twice. */
  listActiveByStripeId(queryable: Queryable, stripePaymentMethodId: string): Promise<SavedMethod[]> {
    return queryable.query<SavedMethod>(
      `select ${COLUMNS} from saved_payment_methods m where m.stripe_payment_method_id = $1 and m.status = 'active' order by m.id`,
      [stripePaymentMethodId],
    );
  }

  /** Methods that belong to a customer of the processor. */
  listActiveOfStripeCustomer(queryable: Queryable, stripeCustomerId: string): Promise<SavedMethod[]> {
    return queryable.query<SavedMethod>(
      `select ${COLUMNS} from saved_payment_methods m where m.stripe_customer_id = $1 and m.status = 'active' order by m.id`,
      [stripeCustomerId],
    );
  }

  /** Inserts a method that is about to be set up; the worker looks after it once the request must have ended. */
  async insert(transaction: Queryable, method: NewSavedMethod): Promise<SavedMethod> {
    await transaction.query(
      `insert into saved_payment_methods
         (id, merchant_id, livemode, customer_id, usage, requested_method, is_default_wanted, return_url, created_by, next_check_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + make_interval(secs => $10))`,
      [
        method.id,
        method.merchantId,
        method.livemode,
        method.customerId,
        method.usage,
        method.requestedMethod,
        method.isDefaultWanted,
        method.returnUrl,
        method.createdBy,
        this.config.payments.requestLeaseSeconds,
      ],
    );
    return this.get(transaction, method.id);
  }

  /**
   * Changes a method that the transaction has locked, and tells the merchant of it.
   *
   * @param checkAfterMs - Until the worker looks at it; null when it is at rest.
   */
  async change(transaction: Queryable, before: SavedMethod, change: SavedMethodChange, checkAfterMs: number | null): Promise<SavedMethod> {
    const after = { ...before, ...change };
    await transaction.query(
      `update saved_payment_methods set version = version + 1, updated_at = now(), check_count = 0, status = $2, stripe_setup_intent_id = $3,
         stripe_customer_id = $4, stripe_payment_method_id = $5, type = $6, brand = $7, last4 = $8, exp_month = $9, exp_year = $10, funding = $11,
         country = $12, fingerprint = $13, next_action = $14, last_error = $15, try_number = $16,
         next_check_at = now() + make_interval(secs => $17::float8 / 1000)
       where id = $1`,
      [
        before.id,
        after.status,
        after.stripeSetupIntentId,
        after.stripeCustomerId,
        after.stripePaymentMethodId,
        after.type,
        after.brand,
        after.last4,
        after.expMonth,
        after.expYear,
        after.funding,
        after.country,
        after.fingerprint,
        after.nextAction === null ? null : JSON.stringify(after.nextAction),
        after.lastError === null ? null : JSON.stringify(after.lastError),
        after.tryNumber,
        checkAfterMs,
      ],
    );
    return this.get(transaction, before.id);
  }

  /** Tells the merchant of the method as it is now: once for each version. */
  async tell(transaction: Queryable, type: string, method: SavedMethod, previous: Readonly<Record<string, unknown>>): Promise<void> {
    await transaction.query(
      `insert into outbox_events (id, merchant_id, livemode, type, object_id, sequence, data, previous) values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict (id) do nothing`,
      [
        `evt_${method.id.slice('spm_'.length)}_${method.version}`,
        method.merchantId,
        method.livemode,
        type,
        method.id,
        method.version,
        // The challenge is for whoever asked for it, not for a webhook.
        JSON.stringify(savedMethodResponseOf({ ...method, nextAction: null })),
        JSON.stringify(previous),
      ],
    );
  }

  /** Takes methods that are due for a look, and keeps other workers away from them for the lease. */
  claimDue(limit: number): Promise<SavedMethod[]> {
    return this.database.query<SavedMethod>(
      `update saved_payment_methods m set next_check_at = now() + make_interval(secs => $2), check_count = m.check_count + 1
       where m.id in (select id from saved_payment_methods where next_check_at <= now() order by next_check_at limit $1 for update skip locked)
       returning ${COLUMNS}`,
      [limit, this.config.payments.completerLeaseSeconds],
    );
  }

  /** Sets the next look, which is no change; null when there is nothing left to do. */
  async scheduleCheck(id: string, version: number, delayMs: number | null): Promise<void> {
    await this.database.query(
      `update saved_payment_methods set next_check_at = now() + make_interval(secs => $3::float8 / 1000) where id = $1 and version = $2`,
      [id, version, delayMs],
    );
  }
}
