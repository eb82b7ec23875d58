-- The inbox: immutable rows with the exact signed bytes. What is to be done with them stands in webhook_jobs.
create table webhook_events (
  sequence bigint generated always as identity primary key,
  -- Stripe's account ('' for the platform's own), so that one id of two accounts is two events.
  account text collate "C" not null default '',
  livemode boolean not null,
  stripe_event_id text collate "C" not null,
  type text collate "C" not null,
  api_version text,
  object_id text collate "C",
  -- Leads to our payment and its merchant: an event itself belongs to nobody.
  payment_intent_id text collate "C",
  -- Stripe's clock, one-second steps: never the only guard of an order.
  stripe_created_at timestamptz not null,
  received_at timestamptz not null default now(),
  -- 'delivery': the bytes that Stripe signed; 'backfill': the event as its list returned it.
  source text not null default 'delivery' check (source in ('delivery', 'backfill')),
  -- bytea, not jsonb: jsonb rejects \u0000, forgets spelling and costs twice the CPU and WAL.
  payload bytea not null,
  unique (account, livemode, stripe_event_id)
);
-- lz4 costs a fraction of pglz's time. A server built without it (the embedded one is) keeps what fits into a page as it is: to make 2.5 KB
-- smaller by one, pglz takes 16 of the 36 microseconds that the row and its job cost.
do $$
begin
  alter table webhook_events alter column payload set compression lz4;
exception
  when feature_not_supported then alter table webhook_events set (toast_tuple_target = 8160);
end
$$;
-- Rows are never changed; they leave only when their retention ends.
create trigger webhook_events_immutable before update on webhook_events for each row execute function refuse_change();

-- The queue: a row per event that is not finished. It goes when the event's effect has committed, in the same transaction.
-- No foreign keys here and below: the row is written in the very statement that inserts the event, and the check would cost a fifth of it.
create table webhook_jobs (
  event_sequence bigint primary key,
  object_id text collate "C",
  status text not null default 'received' check (status in ('received', 'waiting', 'failed')),
  attempts integer not null default 0,
  -- Those before a person replayed the event: the schedule counts from there.
  attempts_before integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  -- While in the future, a worker has it. Outside every index, as attempts is, so that a claim is a HOT update.
  leased_until timestamptz,
  last_error text
) with (fillfactor = 70);
-- Only of what was postponed: a new event is due at once and found by its number, and to store it touches one index less.
create index webhook_jobs_postponed_idx on webhook_jobs (next_attempt_at) where status <> 'received';

-- Events whose last attempt failed. They stay until a person replays them.
create table webhook_dead (
  event_sequence bigint primary key,
  attempts integer not null,
  last_error text not null,
  died_at timestamptz not null default now()
);

-- Append-only: what came of each attempt.
create table webhook_attempts (
  event_sequence bigint not null,
  attempt integer not null,
  outcome text not null check (outcome in ('applied', 'unchanged', 'ignored', 'waiting', 'failed', 'dead', 'replayed')),
  detail text,
  at timestamptz not null default now()
);
create index webhook_attempts_event_idx on webhook_attempts (event_sequence);
create trigger webhook_attempts_append_only before update on webhook_attempts for each row execute function refuse_change();

-- The status of an event in one word, for people and reports; nothing is decided by it.
create view webhook_event_statuses as
select e.sequence,
  case
    when d.event_sequence is not null then 'dead'
    when j.leased_until > now() then 'processing'
    when j.event_sequence is not null then j.status
    when a.outcome = 'ignored' then 'ignored'
    else 'processed'
  end as status,
  coalesce(j.attempts, d.attempts, a.attempt, 0) as attempts,
  j.next_attempt_at,
  j.leased_until,
  coalesce(j.last_error, d.last_error, a.detail) as last_detail
from webhook_events e
left join webhook_jobs j on j.event_sequence = e.sequence
left join webhook_dead d on d.event_sequence = e.sequence
left join lateral (
  select outcome, attempt, detail from webhook_attempts where event_sequence = e.sequence order by attempt desc, at desc limit 1
) a on true;
