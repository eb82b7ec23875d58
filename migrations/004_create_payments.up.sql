-- The current row of a payment: a projection of its attempts and adjustments, and what every decision is compared and set against.
create table payments (
  id text collate "C" primary key,
  merchant_id text collate "C" not null,
  livemode boolean not null,
  status text not null check (status in ('requires_payment_method', 'requires_confirmation', 'requires_action', 'processing', 'requires_capture', 'succeeded', 'canceled', 'in_review', 'accumulating', 'blocked')),
  -- 'unknown' while nobody can say whether the processor moved money; see payment-completer.ts.
  outcome_certainty text not null default 'known' check (outcome_certainty in ('known', 'unknown')),
  -- amount = base + tip + tax, all in minor units of the currency.
  amount_minor bigint not null check (amount_minor > 0),
  tip_minor bigint not null default 0 check (tip_minor >= 0),
  tax_minor bigint not null default 0 check (tax_minor >= 0),
  amount_capturable_minor bigint not null default 0 check (amount_capturable_minor >= 0),
  amount_received_minor bigint not null default 0 check (amount_received_minor >= 0),
  amount_refunded_minor bigint not null default 0 check (amount_refunded_minor >= 0),
  amount_disputed_minor bigint not null default 0 check (amount_disputed_minor >= 0),
  currency char(3) not null,
  device_id text collate "C" not null,
  -- As it was when it paid: it says how the payment is presented.
  device_type text not null,
  customer_id text collate "C" references customers (id),
  business_type text not null,
  profile_version integer not null,
  -- How the device presented the method ('card', 'nfc', …), and Stripe's id of the method.
  method text not null,
  payment_method text not null,
  capture_method text not null check (capture_method in ('automatic', 'manual')),
  description text,
  metadata jsonb not null default '{}',
  latitude double precision,
  longitude double precision,
  return_url text,
  client_ip inet,
  risk_score smallint check (risk_score between 0 and 100),
  risk_level text check (risk_level in ('low', 'medium', 'high', 'critical')),
  risk_decision text check (risk_decision in ('allow', 'review', 'block')),
  stripe_payment_intent_id text collate "C" unique,
  stripe_charge_id text collate "C",
  -- Of a held amount: when the authorization ends by itself.
  capture_before timestamptz,
  -- Whether the processor is asked for an authorization that can be raised, because a tip may be added before the capture.
  is_increasable boolean not null default false,
  -- Of an amount too small to be charged singly: the payment that charges it together with others. The money is that payment's alone.
  accumulated_into text collate "C" references payments (id),
  next_action jsonb,
  -- The last decline or failure in Stripe's words: { code, declineCode, advice, message }.
  last_error jsonb,
  -- Grows by one with every change; the adjustment with this sequence says what changed.
  version integer not null default 0,
  -- When the completer looks at an unfinished payment again; null once it is at rest.
  next_check_at timestamptz,
  check_count integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (amount_refunded_minor <= amount_received_minor),
  -- One key instead of two, and a stronger one: the device is this merchant's and of this mode. A key to merchants itself would make every payment
  -- lock its merchant's row, and so queue with all the merchant's others; for the same reason what is written along with a payment has none.
  foreign key (merchant_id, livemode, device_id) references devices (merchant_id, livemode, id)
);
-- Lists page by id within merchant and mode; the status filter is rare enough to scan.
create index payments_merchant_idx on payments (merchant_id, livemode, id);
create index payments_device_idx on payments (device_id, id);
-- The completer's queue: only unfinished rows are in it.
create index payments_next_check_idx on payments (next_check_at) where next_check_at is not null;

-- Small amounts that wait for their sum, and those that are on their way with one.
create index payments_accumulating_idx on payments (merchant_id, livemode, device_id, currency, payment_method, id) where status = 'accumulating';
create index payments_accumulated_idx on payments (accumulated_into) where accumulated_into is not null;

-- One row per call to the processor, written before the call so that its idempotency key outlives any crash; its result is set once.
create table payment_attempts (
  id text collate "C" primary key,
  payment_id text collate "C" not null references payments (id),
  -- The payment's own: the wall between tenants compares it in every statement, and must not look the payment up for that.
  merchant_id text collate "C" not null,
  operation text not null check (operation in ('create', 'confirm', 'increase', 'capture', 'cancel')),
  stripe_idempotency_key text collate "C" not null unique,
  actor text not null,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  outcome text check (outcome in ('succeeded', 'declined', 'failed', 'unknown')),
  http_status smallint,
  stripe_request_id text,
  error_code text,
  decline_code text,
  advice_code text,
  duration_ms integer check (duration_ms >= 0)
);
create index payment_attempts_payment_idx on payment_attempts (payment_id, id);

-- Append-only: every change of a payment, in order. Amounts are those after the change.
create table payment_adjustments (
  payment_id text collate "C" not null references payments (id),
  merchant_id text collate "C" not null,
  sequence integer not null check (sequence > 0),
  source text not null check (source in ('api', 'webhook', 'completer', 'reconciliation', 'admin')),
  -- The webhook event, request or job that caused it.
  source_id text,
  status_before text,
  status_after text not null,
  amount_minor bigint not null,
  tip_minor bigint not null,
  amount_capturable_minor bigint not null,
  amount_received_minor bigint not null,
  amount_refunded_minor bigint not null,
  amount_disputed_minor bigint not null,
  outcome_certainty text not null,
  created_at timestamptz not null default now(),
  primary key (payment_id, sequence)
);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'integrity_constraint_violation';
end $$;
create trigger payment_adjustments_append_only before update or delete on payment_adjustments
  for each row execute function refuse_change();
