-- What somebody has switched; without a row the configuration holds. merchant_id null: every merchant without a row of its own.
create table feature_flags (
  name text collate "C" not null,
  merchant_id text collate "C" references merchants (id),
  percentage smallint not null check (percentage between 0 and 100),
  reason text not null,
  updated_by text not null,
  updated_at timestamptz not null default now()
);
-- Of each flag one row for the deployment and one for each merchant: in a plain unique key two nulls would differ.
create unique index feature_flags_key on feature_flags (name, coalesce(merchant_id, ''));
