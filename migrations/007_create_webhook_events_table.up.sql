-- The inbox: immutable rows with the exact signed bytes. What is to be done with them stands in webhook_jobs.
create table webhook_events (
  sequence bigint generated always as identity primary key,
  -- Stripe's account ('' for the platform's own), so that one id of two accounts is two events.
  account text collate "C" not null default '',
  livemode boolean not null,
  stripe_event_id text collate "C" not null,
  type text not null,
  api_version text,
  object_id text collate "C",
  -- Stripe's clock, one-second steps: never the only guard of an order.
  stripe_created_at timestamptz not null,
  received_at timestamptz not null default now(),
  payload bytea not null,
  unique (account, livemode, stripe_event_id)
);
-- lz4 costs a fraction of pglz's time; a server built without it (the embedded one is) keeps pglz.
do $$
begin
  alter table webhook_events alter column payload set compression lz4;
exception
  when feature_not_supported then null;
end
$$;

-- The queue: a row per event that is not finished. It goes when the event's effect has committed, in the same transaction.
create table webhook_jobs (
  event_sequence bigint primary key references webhook_events (sequence),
  object_id text collate "C",
  status text not null default 'received' check (status in ('received', 'processing', 'waiting', 'failed')),
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  leased_until timestamptz,
  last_error text
);
create index webhook_jobs_due_idx on webhook_jobs (next_attempt_at);
