/** Where rows about a customer stand, as a table: what an export copies and an erasure removes. A test compares it with the schema. */

/** One table with rows about a customer. */
export interface PersonalRecords {
  readonly table: string;
  /** Which rows: a condition over `r` with the customer's id as `$1`. */
  readonly rows: string;
  /** The columns an export leaves out: the product's own, and other people's. Null: the rows repeat what other tables say better. */
  readonly unexported: readonly string[] | null;
  /** The statement that removes what names or places the person, with the id as `$1`; null when there is nothing of that kind in the rows. */
  readonly erase: string | null;
}

const PAYMENTS = 'select id from payments where customer_id = $1';
/** What merchants are told of, and what requests make. */
const THINGS = `${PAYMENTS} union all select id from saved_payment_methods where customer_id = $1
    union all select id from subscriptions where customer_id = $1`;
const OF_CUSTOMER = 'r.customer_id = $1';
const OF_PAYMENTS = `r.payment_id in (${PAYMENTS})`;
const OF_SUBSCRIPTIONS = 'r.subscription_id in (select id from subscriptions where customer_id = $1)';
const OWN = ['merchant_id', 'livemode', 'next_check_at', 'check_count'];

/** Every table, in the order of an export. Amounts, states and ids are never erased: they are the merchant's books. */
export const PERSONAL_RECORDS: readonly PersonalRecords[] = [
  {
    table: 'payments',
    rows: OF_CUSTOMER,
    unexported: OWN,
    erase: `update payments set description = null, metadata = '{}', client_ip = null, latitude = null, longitude = null, return_url = null
             where customer_id = $1`,
  },
  { table: 'payment_attempts', rows: OF_PAYMENTS, unexported: ['actor', 'stripe_idempotency_key', 'stripe_request_id'], erase: null },
  { table: 'payment_adjustments', rows: OF_PAYMENTS, unexported: ['source_id'], erase: null },
  { table: 'refunds', rows: OF_PAYMENTS, unexported: [...OWN, 'created_by', 'stripe_idempotency_key'], erase: null },
  {
    table: 'disputes',
    rows: OF_PAYMENTS,
    unexported: [...OWN, 'evidence_sealed', 'evidence_staged_fields', 'response_by'],
    // Evidence is sealed under a key of the dispute's own.
    erase: `with destroyed as (
              update personal_data_keys set key_wrapped = null, destroyed_at = coalesce(destroyed_at, now())
               where subject_id in (select id from disputes where payment_id in (${PAYMENTS})))
            update disputes set evidence_sealed = null where payment_id in (${PAYMENTS})`,
  },
  { table: 'dispute_adjustments', rows: OF_PAYMENTS, unexported: ['merchant_id', 'source_id'], erase: null },
  { table: 'fraud_warnings', rows: OF_PAYMENTS, unexported: [...OWN, 'reaction_tries', 'next_reaction_at'], erase: null },
  {
    table: 'devices',
    rows: OF_CUSTOMER,
    unexported: [...OWN, 'credential_hash', 'credential_last4'],
    erase: 'update devices set name = null, latitude = null, longitude = null where customer_id = $1',
  },
  {
    table: 'fraud_attempts',
    rows: OF_CUSTOMER,
    unexported: [...OWN, 'list_keys'],
    erase: `update fraud_attempts set ip = null, latitude = null, longitude = null, list_keys = '{}' where customer_id = $1`,
  },
  {
    table: 'fraud_assessments',
    rows: OF_CUSTOMER,
    unexported: OWN,
    erase: 'select forget_places_of(merchant_id, id) from customers where id = $1',
  },
  { table: 'fraud_warnings', rows: OF_PAYMENTS, unexported: OWN, erase: null },
  { table: 'fraud_labels', rows: OF_CUSTOMER, unexported: [...OWN, 'source_id'], erase: null },
  {
    table: 'fraud_reviews',
    rows: OF_PAYMENTS,
    unexported: [...OWN, 'claimed_by', 'claimed_until', 'first_approved_by', 'closed_by', 'effect_tries', 'next_effect_at'],
    erase: `update fraud_reviews set note = null where payment_id in (${PAYMENTS})`,
  },
  { table: 'spending_reservations', rows: OF_PAYMENTS, unexported: [], erase: null },
  // The processor is told by the worker to give up what is still kept there.
  {
    table: 'saved_payment_methods',
    rows: OF_CUSTOMER,
    unexported: [...OWN, 'created_by', 'requested_method', 'fingerprint', 'try_number', 'version'],
    erase: `update saved_payment_methods set status = case when status in ('active', 'detached') then 'detached' else 'failed' end,
              requested_method = 'erased', brand = null, last4 = null, exp_month = null, exp_year = null, funding = null, country = null,
              fingerprint = null, return_url = null, next_action = null, last_error = null, version = version + 1, updated_at = now(),
              next_check_at = case when status = 'active' then now() else next_check_at end
            where customer_id = $1`,
  },
  // What is open of it is called off by the worker.
  {
    table: 'subscriptions',
    rows: OF_CUSTOMER,
    unexported: [...OWN, 'created_by', 'version'],
    erase: `update subscriptions set status = 'canceled', cancel_reason = coalesce(cancel_reason, 'customer_erased'),
              canceled_at = coalesce(canceled_at, now()), description = null, metadata = '{}', last_error = null, updated_at = now()
            where customer_id = $1`,
  },
  { table: 'subscription_periods', rows: OF_SUBSCRIPTIONS, unexported: ['merchant_id', 'next_try_at', 'seen_version'], erase: null },
  { table: 'subscription_events', rows: OF_SUBSCRIPTIONS, unexported: ['merchant_id', 'source'], erase: null },
  // By its object: what somebody did with the customer's data, without who it was.
  {
    table: 'audit_log',
    rows: `(r.object_id = $1 or r.object_id in (${THINGS}))`,
    unexported: ['merchant_id', 'actor', 'ip', 'request_id', 'transaction_id'],
    erase: null,
  },
  // What merchants were told, for those who ask again. They have their own copy to erase.
  {
    table: 'outbox_events',
    rows: `r.object_id in (${THINGS})`,
    unexported: null,
    erase: `update outbox_events set previous = previous - 'metadata' - 'description',
              data = data || '{"metadata": {}}' || case when data ? 'description' then '{"description": null}'::jsonb else '{}' end
                || case when data ? 'card' then '{"card": null}'::jsonb else '{}' end
            where object_id in (${THINGS})`,
  },
  // The first kilobyte of what a merchant's server answered may repeat what it was sent.
  {
    table: 'webhook_delivery_attempts',
    rows: `r.delivery_id in (select d.id from webhook_deliveries d join outbox_events o on o.id = d.event_id where o.object_id in (${THINGS}))`,
    unexported: null,
    erase: `update webhook_delivery_attempts set response = null where delivery_id in
              (select d.id from webhook_deliveries d join outbox_events o on o.id = d.event_id where o.object_id in (${THINGS}))`,
  },
  // The stored answers repeat the description and metadata. Without them a late repeat of the request is answered from the payment's row.
  {
    table: 'idempotency_keys',
    rows: `r.object_id in (${THINGS})`,
    unexported: null,
    erase: `delete from idempotency_keys where object_id in (${THINGS})`,
  },
  {
    table: 'security_incidents',
    rows: `split_part(r.subject, ':', 2) in (select id from devices where customer_id = $1)`,
    unexported: [...OWN, 'fingerprint', 'resolved_by'],
    erase: `update security_incidents set ip = null, user_agent = null
             where split_part(subject, ':', 2) in (select id from devices where customer_id = $1)`,
  },
  { table: 'reconciliation_breaks', rows: OF_PAYMENTS, unexported: null, erase: null },
];
