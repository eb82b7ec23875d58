-- What Stripe has paid to the bank, as its events tell: of the whole account, so of no merchant.
create table payouts (
  id text collate "C" primary key,
  livemode boolean not null,
  amount_minor bigint not null,
  currency char(3) not null,
  -- 'paid' may still become 'failed': banks send money back days later.
  status text not null check (status in ('pending', 'in_transit', 'paid', 'failed', 'canceled')),
  is_automatic boolean not null,
  arrives_on date not null,
  failure_code text,
  -- Of automatic payouts: whether Stripe has said which movements they consist of.
  reconciliation_status text not null,
  stripe_created_at timestamptz not null,
  updated_at timestamptz not null default now()
);
create index payouts_created_idx on payouts (stripe_created_at, id);
