-- How far Stripe's list of events has been read, per list.
create table webhook_cursors (
  name text primary key check (name in ('undelivered', 'all')),
  -- Everything that Stripe created before this instant has been read.
  read_until timestamptz not null,
  finished_at timestamptz not null default now()
);

create table reconciliation_runs (
  id text collate "C" primary key,
  -- The day of Stripe's books that was compared, in UTC.
  day date not null,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  matched integer not null default 0,
  breaks integer not null default 0,
  error text
);
create index reconciliation_runs_day_idx on reconciliation_runs (day, started_at);

-- A difference between Stripe's books and ours. One open row per object and kind, however often it is found.
create table reconciliation_breaks (
  id text collate "C" primary key,
  run_id text collate "C" not null references reconciliation_runs (id),
  kind text not null check (kind in ('missing_here', 'missing_there', 'over', 'under', 'currency_mismatch', 'state_mismatch', 'fee_only', 'foreign')),
  -- The payment intent, refund or dispute at Stripe, or our own id when there is none.
  object_id text collate "C" not null,
  payment_id text collate "C",
  merchant_id text collate "C",
  currency char(3),
  -- Minor units; null when one side has none.
  amount_there_minor bigint,
  amount_here_minor bigint,
  detail text not null,
  first_seen_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  resolved_at timestamptz,
  resolution text check (resolution in ('repaired', 'matched_later', 'accepted'))
);
create unique index reconciliation_breaks_open_key on reconciliation_breaks (object_id, kind) where resolved_at is null;
create index reconciliation_breaks_merchant_idx on reconciliation_breaks (merchant_id, id);
