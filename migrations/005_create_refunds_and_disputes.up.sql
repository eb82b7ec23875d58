create table refunds (
  id text collate "C" primary key,
  payment_id text collate "C" not null references payments (id),
  merchant_id text collate "C" not null references merchants (id),
  livemode boolean not null,
  amount_minor bigint not null check (amount_minor > 0),
  currency char(3) not null,
  status text not null check (status in ('pending', 'requires_action', 'succeeded', 'failed', 'canceled')),
  outcome_certainty text not null default 'known' check (outcome_certainty in ('known', 'unknown')),
  reason text check (reason in ('duplicate', 'fraudulent', 'requested_by_customer')),
  failure_reason text,
  -- A retry is the same row with the same key, unless Stripe has stored an error under it and its list says that nothing was made.
  stripe_idempotency_key text collate "C" not null unique,
  has_stored_error boolean not null default false,
  stripe_refund_id text collate "C" unique,
  created_by text not null,
  next_check_at timestamptz,
  check_count integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index refunds_payment_idx on refunds (payment_id, id);
create index refunds_next_check_idx on refunds (next_check_at) where next_check_at is not null;

create table disputes (
  id text collate "C" primary key,
  payment_id text collate "C" not null references payments (id),
  merchant_id text collate "C" not null references merchants (id),
  livemode boolean not null,
  stripe_dispute_id text collate "C" not null unique,
  status text not null check (status in ('warning_needs_response', 'warning_under_review', 'warning_closed', 'needs_response', 'under_review', 'won', 'lost', 'prevented')),
  reason text not null,
  network_reason_code text,
  amount_minor bigint not null check (amount_minor >= 0),
  currency char(3) not null,
  are_funds_withdrawn boolean not null default false,
  evidence_due_by timestamptz,
  evidence_staged jsonb not null default '{}',
  evidence_submission_count integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index disputes_payment_idx on disputes (payment_id);
create index disputes_merchant_idx on disputes (merchant_id, livemode, id);
