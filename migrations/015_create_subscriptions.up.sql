-- What a customer pays for again and again. The schedule is counted from the anchor; see libs/payments/src/domain/billing-schedule.ts.
create table subscriptions (
  id text collate "C" primary key,
  merchant_id text collate "C" not null references merchants (id),
  livemode boolean not null,
  customer_id text collate "C" not null references customers (id),
  -- Where the customer subscribed; renewals name it and need it no more.
  device_id text collate "C" not null references devices (id),
  payment_method_id text collate "C" not null references saved_payment_methods (id),
  -- The merchant's own word for what is sold.
  plan text not null check (length(plan) between 1 and 100),
  status text not null check (status in ('incomplete', 'active', 'past_due', 'paused', 'canceled')),
  amount_minor bigint not null check (amount_minor > 0),
  currency char(3) not null,
  interval_unit text not null check (interval_unit in ('day', 'week', 'month', 'year')),
  interval_count integer not null check (interval_count between 1 and 366),
  anchor_at timestamptz not null,
  -- The merchant's when the subscription began.
  time_zone text not null,
  description text,
  metadata jsonb not null default '{}',
  -- The newest period that was opened or skipped, and when the next begins.
  period_index integer not null default 0 check (period_index >= 0),
  renews_at timestamptz not null,
  is_ending boolean not null default false,
  canceled_at timestamptz,
  cancel_reason text,
  -- Why the newest payment was refused: { code, declineCode, advice, message }.
  last_error jsonb,
  created_by text not null,
  -- Grows by one with every event; the event with this sequence says what changed.
  version integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
-- One at a time for customer, merchant and plan, whoever asks at the same moment.
create unique index subscriptions_live_key on subscriptions (merchant_id, livemode, customer_id, plan) where status <> 'canceled';
create index subscriptions_merchant_idx on subscriptions (merchant_id, livemode, id);
create index subscriptions_due_idx on subscriptions (renews_at) where status = 'active';

-- A period that is charged; 'closing' while its subscription is over and its payment must still be called off. It names its payment before that exists, and a payment's id is unique: however often a period is charged, it is one
-- payment, which has one intent, which is charged once.
create table subscription_periods (
  subscription_id text collate "C" not null references subscriptions (id),
  merchant_id text collate "C" not null references merchants (id),
  index integer not null check (index >= 0),
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  status text not null default 'open' check (status in ('open', 'closing', 'paid', 'unpaid')),
  payment_id text collate "C" not null unique,
  -- More than 1 when the payment was canceled before money moved, by nobody who meant the period.
  payment_count integer not null default 1,
  -- Tries after a decline.
  retry_count integer not null default 0,
  -- When it is charged, or tried again; in the near future while a worker is at it; null while its payment or its payer decides.
  next_try_at timestamptz,
  -- When nobody waits for the payer any more.
  gives_up_at timestamptz,
  -- The version of the payment whose news was taken in.
  seen_version integer,
  created_at timestamptz not null default now(),
  primary key (subscription_id, index)
);
create index subscription_periods_due_idx on subscription_periods (next_try_at) where status = 'open' and next_try_at is not null;
create index subscription_periods_open_idx on subscription_periods (status, payment_id) where status in ('open', 'closing');

-- Append-only: the story of a subscription.
create table subscription_events (
  subscription_id text collate "C" not null references subscriptions (id),
  merchant_id text collate "C" not null references merchants (id),
  sequence integer not null check (sequence > 0),
  type text not null,
  status text not null,
  details jsonb not null default '{}',
  -- The request or job that caused it.
  source text not null,
  created_at timestamptz not null default now(),
  primary key (subscription_id, sequence)
);
create trigger subscription_events_append_only before update or delete on subscription_events
  for each row execute function refuse_change();
