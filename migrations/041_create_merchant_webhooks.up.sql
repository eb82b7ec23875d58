-- Every adjustment of a payment becomes an event for its merchant: a trigger, so that no writer of adjustments can forget it, and the
-- snapshot is the row of this very transaction. Once for a statement, not for a row: of a batch it costs half as much, of one row no more.
create function tell_merchant_of_payment() returns trigger language plpgsql as $$
begin
  -- One statement: each that a trigger runs costs as much as the row it writes.
  insert into outbox_events (id, merchant_id, livemode, type, object_id, sequence, data, previous)
  select
    'evt_' || substr(added.payment_id, 5) || '_' || added.sequence,
    payment.merchant_id,
    payment.livemode,
    case
      when added.status_before is null then 'payment.created'
      when added.status_before <> added.status_after then 'payment.' || added.status_after
      when added.amount_refunded_minor <> former.amount_refunded_minor then 'payment.refunded'
      when added.amount_disputed_minor <> former.amount_disputed_minor then 'payment.disputed'
      else 'payment.updated'
    end,
    added.payment_id,
    added.sequence,
    jsonb_build_object('id', payment.id, 'object', 'payment', 'status', added.status_after, 'amount', added.amount_minor, 'currency', payment.currency,
      'amountCapturable', added.amount_capturable_minor, 'amountReceived', added.amount_received_minor, 'amountRefunded', added.amount_refunded_minor,
      'amountDisputed', added.amount_disputed_minor, 'outcomeCertainty', added.outcome_certainty, 'deviceId', payment.device_id,
      'businessType', payment.business_type, 'method', payment.method, 'stripePaymentIntentId', payment.stripe_payment_intent_id,
      'livemode', payment.livemode, 'metadata', payment.metadata),
    jsonb_strip_nulls(jsonb_build_object(
      'status', case when added.status_before <> added.status_after then added.status_before end,
      'amount', case when former.amount_minor <> added.amount_minor then former.amount_minor end,
      'amountCapturable', case when former.amount_capturable_minor <> added.amount_capturable_minor then former.amount_capturable_minor end,
      'amountReceived', case when former.amount_received_minor <> added.amount_received_minor then former.amount_received_minor end,
      'amountRefunded', case when former.amount_refunded_minor <> added.amount_refunded_minor then former.amount_refunded_minor end,
      'amountDisputed', case when former.amount_disputed_minor <> added.amount_disputed_minor then former.amount_disputed_minor end))
  from added
  -- Looked up row by row, whatever the planner thinks: a session keeps its plan, and may have made it while these tables were empty.
  cross join lateral (select * from payments where id = added.payment_id offset 0) payment
  left join lateral (
    select * from payment_adjustments where payment_id = added.payment_id and sequence = added.sequence - 1 offset 0) former on true
  -- That an intent was made for a payment is no news: the next event has its id.
  where (former.status_after, former.amount_minor, former.amount_capturable_minor, former.amount_received_minor, former.amount_refunded_minor,
         former.amount_disputed_minor, former.outcome_certainty)
      is distinct from (added.status_after, added.amount_minor, added.amount_capturable_minor, added.amount_received_minor, added.amount_refunded_minor,
         added.amount_disputed_minor, added.outcome_certainty);
  return null;
end $$;
create trigger payment_adjustments_tell_merchant after insert on payment_adjustments
  referencing new table as added for each statement execute function tell_merchant_of_payment();

create table webhook_endpoints (
  id text collate "C" primary key,
  merchant_id text collate "C" not null references merchants (id),
  livemode boolean not null,
  url text not null,
  description text,
  -- '*' for all, else types such as payment.succeeded.
  event_types text[] not null,
  status text not null default 'enabled' check (status in ('enabled', 'disabled')),
  disabled_reason text check (disabled_reason in ('by_request', 'gone', 'failing')),
  secret_sealed text not null,
  -- Signs beside the new one until it expires.
  former_secret_sealed text,
  former_secret_expires_at timestamptz,
  -- Since when nothing but failures; five days of it disable the endpoint.
  failing_since timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index webhook_endpoints_merchant_idx on webhook_endpoints (merchant_id, livemode, id);

-- How far the outbox has been handed out; one row.
create table outbox_fanout (
  is_only_row boolean primary key default true check (is_only_row),
  xid xid8 not null,
  position bigint not null
);
insert into outbox_fanout (xid, position) values ('0', 0);

create table webhook_deliveries (
  id bigint generated always as identity primary key,
  endpoint_id text collate "C" not null references webhook_endpoints (id),
  event_id text collate "C" not null references outbox_events (id),
  status text not null default 'pending' check (status in ('pending', 'succeeded', 'failed', 'canceled')),
  attempts integer not null default 0,
  -- Those before it was sent again on request: the schedule counts from there.
  attempts_before integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  leased_until timestamptz,
  created_at timestamptz not null default now(),
  unique (endpoint_id, event_id)
);
create index webhook_deliveries_due_idx on webhook_deliveries (next_attempt_at) where status = 'pending';

create table webhook_delivery_attempts (
  delivery_id bigint not null references webhook_deliveries (id),
  attempt integer not null,
  at timestamptz not null default now(),
  -- null when there was no answer; then error says why.
  http_status smallint,
  error text,
  duration_ms integer not null,
  -- The first kilobyte.
  response text,
  primary key (delivery_id, attempt)
);
