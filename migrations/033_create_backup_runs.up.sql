-- One row for each kind and day: whoever inserts it, or takes it over after a failure, does the work.
create table backup_runs (
  kind text not null check (kind in ('backup', 'drill')),
  day date not null,
  attempts integer not null default 1,
  leased_until timestamptz,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  outcome text check (outcome in ('succeeded', 'failed')),
  -- The backup's name in its store: made by 'backup', proved by 'drill'.
  name text,
  bytes bigint,
  error text,
  primary key (kind, day)
);
