-- Payment methods that a customer lets a merchant keep. A row comes before the setup intent at Stripe, and once it is active it never names
-- another method: a payment that was recorded with it is sent again with the very same words.
create table saved_payment_methods (
  id text collate "C" primary key,
  merchant_id text collate "C" not null references merchants (id),
  livemode boolean not null,
  customer_id text collate "C" not null references customers (id),
  status text not null default 'pending' check (status in ('pending', 'requires_action', 'active', 'failed', 'detached')),
  -- What the customer agreed to: payments in their presence only, or also without them.
  usage text not null check (usage in ('on_session', 'off_session')),
  -- As the client named it; a test token becomes a method of its own at Stripe.
  requested_method text not null,
  is_default_wanted boolean not null default false,
  return_url text,
  stripe_setup_intent_id text collate "C" unique,
  stripe_customer_id text collate "C",
  stripe_payment_method_id text collate "C",
  -- What Stripe tells of it; never a number.
  type text,
  brand text,
  last4 text,
  exp_month smallint,
  exp_year smallint,
  funding text,
  country text,
  -- Stripe's name of the card, the same for every method made of it within one account.
  fingerprint text,
  next_action jsonb,
  last_error jsonb,
  -- Part of the idempotency keys at Stripe: one higher when a stored 5xx would be replayed for ever.
  try_number integer not null default 1,
  created_by text not null,
  version integer not null default 1,
  -- When the worker looks at it again: its setup has not ended, or Stripe has not been told yet that it is detached.
  next_check_at timestamptz,
  check_count integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (status <> 'active' or (stripe_payment_method_id is not null and stripe_customer_id is not null))
);
create index saved_payment_methods_customer_idx on saved_payment_methods (customer_id, id);
create index saved_payment_methods_stripe_idx on saved_payment_methods (stripe_payment_method_id) where stripe_payment_method_id is not null;
create index saved_payment_methods_next_check_idx on saved_payment_methods (next_check_at) where next_check_at is not null;

alter table customers add column default_payment_method_id text collate "C" references saved_payment_methods (id);
create index customers_stripe_idx on customers (stripe_customer_id) where stripe_customer_id is not null;

-- Nobody is present who could pass a challenge; only with a saved method whose owner agreed to that.
alter table payments add column is_off_session boolean not null default false;
