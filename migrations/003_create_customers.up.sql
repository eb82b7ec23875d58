create table customers (
  id text collate "C" primary key,
  merchant_id text collate "C" not null references merchants (id),
  livemode boolean not null,
  -- Keyed hash of the normalised address, for matching; the address itself only in sealed form.
  email_hash bytea,
  email_sealed text,
  stripe_customer_id text collate "C",
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (merchant_id, livemode, email_hash)
);
create index customers_merchant_idx on customers (merchant_id, livemode, id);

alter table devices add constraint devices_customer_fkey foreign key (customer_id) references customers (id);
