/** Years of payments made by SQL alone, so that a run can be measured on top of them. */
import type pg from 'pg';

const BATCH = 50_000;
const DEVICES = 10_000;

/**
 * Adds payments of a merchant of their own, each with what a real one leaves behind: two attempts, three adjustments, key, assessment, fraud
 * attempt, reservation, events and lines of the audit log, sealed, spread over two years. Triggers and foreign keys are left out, as in a restore.
 */
export async function addHistory(database: pg.Pool, payments: number): Promise<void> {
  const client = await database.connect();
  try {
    await client.query(`set session_replication_role = replica`);
    await client.query(`set synchronous_commit = off`);
    await client.query(
      `insert into merchants (id, name, country, time_zone, default_business_type, enabled_business_types)
       values ('mer_history', 'History', 'US', 'UTC', 'retail', '{retail}')`,
    );
    await client.query(
      `insert into devices (id, merchant_id, livemode, type, fingerprint, capabilities, credential_hash, credential_last4, registered_at)
       select 'dev_' || n, 'mer_history', false, 'smartphone', 'fingerprint-' || n, '{nfc}', sha256(n::text::bytea), 'abcd', now() - interval '2 years'
       from generate_series(0, $1::int - 1) as n`,
      [DEVICES],
    );
    for (let from = 0; from < payments; from += BATCH) {
      const to = Math.min(payments, from + BATCH) - 1;
      for (const statement of STATEMENTS)
        await client.query(statement.replaceAll(':at', AT).replaceAll(':total', String(payments)), [from, to]);
      await addAuditLines(client, [from, to], payments);
    }
    await client.query(COUNT_BUCKETS);
    // Handed out long ago.
    await client.query('update outbox_fanout set xid = pg_current_xact_id(), position = (select max(position) from outbox_events)');
    await client.query(`set session_replication_role = origin`);
    await client.query('vacuum (analyze)');
  } finally {
    client.release(true);
  }
}

/** Lines of the audit log with their seals, in one transaction: otherwise the worker's sealing would be what is measured. */
async function addAuditLines(client: pg.PoolClient, range: readonly number[], total: number): Promise<void> {
  await client.query('begin');
  // The sealer waits, and goes on behind these.
  await client.query('lock table audit_chain in exclusive mode');
  await client.query(AUDIT.replaceAll(':at', AT).replaceAll(':total', String(total)), [...range]);
  await client.query(SEAL);
  await client.query('commit');
}

// Oldest first, evenly over two years until an hour ago.
const AT = `(now() - interval '1 hour' - interval '2 years' * (1 - n / :total::float8))`;
const ROWS = 'from generate_series($1::int, $2::int) as n';
const ID = `'pay_' || lpad(n::text, 26, '0')`;

const STATEMENTS = [
  `insert into payments (id, merchant_id, livemode, status, amount_minor, amount_received_minor, currency, device_id, device_type, business_type,
     profile_version, method, payment_method, capture_method, metadata, risk_score, risk_level, risk_decision, stripe_payment_intent_id,
     stripe_charge_id, version, created_at, updated_at)
   select ${ID}, 'mer_history', false, 'succeeded', 1099, 1099, 'usd', 'dev_' || n % ${String(DEVICES)}, 'smartphone', 'retail', 0, 'card',
     'pm_card_visa', 'automatic', jsonb_build_object('order', n), 0, 'low', 'allow', 'pi_' || lpad(n::text, 24, '0'),
     'ch_' || lpad(n::text, 24, '0'), 3, :at, :at ${ROWS}`,
  `insert into payment_attempts (id, payment_id, merchant_id, operation, stripe_idempotency_key, actor, started_at, finished_at, outcome, http_status,
     stripe_request_id, duration_ms)
   select 'pat_' || lpad(n::text, 26, '0') || step, ${ID}, 'mer_history', case step when 1 then 'create' else 'confirm' end, 'test:history:' || n || ':' || step,
     'key_history', :at, :at, 'succeeded', 200, 'req_' || n, 120 from generate_series($1::int, $2::int) as n, generate_series(1, 2) as step`,
  `insert into payment_adjustments (payment_id, merchant_id, sequence, source, source_id, status_before, status_after, amount_minor, tip_minor,
     amount_capturable_minor, amount_received_minor, amount_refunded_minor, amount_disputed_minor, outcome_certainty, created_at)
   select ${ID}, 'mer_history', step, 'api', 'req_' || n, case step when 1 then null else 'processing' end, case step when 3 then 'succeeded' else 'processing' end,
     1099, 0, 0, case step when 3 then 1099 else 0 end, 0, 0, 'known', :at from generate_series($1::int, $2::int) as n, generate_series(1, 3) as step`,
  `insert into outbox_events (id, merchant_id, livemode, type, object_id, sequence, data, created_at)
   select 'evt_' || lpad(n::text, 26, '0') || '_' || step, 'mer_history', false, 'payment.updated', ${ID}, step,
     jsonb_build_object('id', n, 'object', 'payment', 'status', 'succeeded', 'amount', 1099, 'metadata', jsonb_build_object('order', n)), :at
   from generate_series($1::int, $2::int) as n, generate_series(1, 3) as step`,
  `insert into idempotency_keys (merchant_id, livemode, key, request_hash, object_id, response_status, response_body, created_at)
   select 'mer_history', false, 'history-' || n, sha256(n::text::bytea), ${ID}, 201, repeat('x', 600), :at ${ROWS}`,
  `insert into fraud_attempts (merchant_id, livemode, payment_id, business_type, amount_minor, currency, device_id, attempted_at, list_keys)
   select 'mer_history', false, ${ID}, 'retail', 1099, 'usd', 'dev_' || n % ${String(DEVICES)}, :at, array['device:dev_' || n % ${String(DEVICES)}] ${ROWS}`,
  `insert into fraud_assessments (id, payment_id, merchant_id, livemode, device_id, amount_minor, currency, business_type, score, level, decision,
     contributions, features, engine_version, created_at)
   select 'asm_' || lpad(n::text, 26, '0'), ${ID}, 'mer_history', false, 'dev_' || n % ${String(DEVICES)}, 1099, 'usd', 'retail', 0, 'low', 'allow',
     jsonb_build_object('findings', '[]'::jsonb, 'n', n), jsonb_build_object('attempt', n, 'history', repeat('y', 400)), '1', :at ${ROWS}`,
  `insert into spending_buckets (key, merchant_id, livemode, subject_id, used)
   select distinct 'history:' || n % ${String(DEVICES)}, 'mer_history', false, 'dev_' || n % ${String(DEVICES)}, 0 ${ROWS} on conflict do nothing`,
  `insert into spending_reservations (payment_id, bucket_key, merchant_id, measure, is_released_by_refund, taken, held, state, created_at)
   select ${ID}, 'history:' || n % ${String(DEVICES)}, 'mer_history', 'count', false, 1, 1, 'settled', :at ${ROWS}`,
];
const COUNT_BUCKETS = `update spending_buckets set used = held.sum
  from (select bucket_key, sum(held)::bigint as sum from spending_reservations where merchant_id = 'mer_history' group by 1) as held where key = bucket_key`;

const AUDIT = `
  insert into audit_log (merchant_id, actor, action, object_id, changes, request_id, created_at)
  select 'mer_history', 'key_history', 'payment_succeeded', ${ID}, jsonb_build_object('sequence', step, 'statusBefore', 'processing', 'amount', 1099,
    'amountCapturable', 0, 'amountReceived', 1099, 'amountRefunded', 0, 'amountDisputed', 0), 'req_' || n, :at
  from generate_series($1::int, $2::int) as n, generate_series(1, 3) as step`;
// Hashes of nothing: who measures does not verify.
const SEAL = `
  insert into audit_chain (position, sequence, hash)
  select (select coalesce(max(position), 0) from audit_chain) + row_number() over (order by transaction_id, sequence), sequence, sha256(sequence::text::bytea)
  from audit_log a where not exists (select from audit_chain c where c.sequence = a.sequence)
    and sequence > (select coalesce(max(sequence), 0) from audit_chain)`;
