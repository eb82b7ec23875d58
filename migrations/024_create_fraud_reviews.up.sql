-- The review queue. Of approve, reject, expiry and cancellation exactly one wins: each is one update of an open row.
create table fraud_reviews (
  id text collate "C" primary key,
  merchant_id text collate "C" not null references merchants (id),
  livemode boolean not null,
  payment_id text collate "C" not null,
  -- Null when it was opened by Stripe.
  assessment_id text collate "C" references fraud_assessments (id),
  stripe_review_id text collate "C" unique,
  -- before_payment: the money waits for the decision. after_payment: it has moved, as with Stripe's own reviews.
  stage text not null check (stage in ('before_payment', 'after_payment')),
  opened_reason text not null,
  score smallint check (score between 0 and 100),
  amount_minor bigint not null check (amount_minor >= 0),
  currency char(3) not null,
  business_type text not null,
  expires_at timestamptz not null,
  on_expiry text not null check (on_expiry in ('approve', 'cancel', 'acknowledge')),
  -- Who works on it, until the lease ends.
  claimed_by text,
  claimed_until timestamptz,
  snoozed_until timestamptz,
  escalated_at timestamptz,
  -- The first of four eyes.
  first_approved_by text,
  -- Stripe's closing reasons and two of our own: rejected and expired.
  closed_reason text check (closed_reason in
    ('approved', 'rejected', 'refunded', 'refunded_as_fraud', 'disputed', 'redacted', 'canceled', 'payment_never_settled', 'acknowledged', 'expired')),
  closed_by text,
  closed_at timestamptz,
  note text,
  -- What the decision does to the payment, and whether that has been done; tried again from next_effect_at until it has.
  effect text check (effect in ('release', 'cancel', 'refund', 'refund_as_fraud', 'approve_at_processor')),
  effect_done_at timestamptz,
  effect_tries integer not null default 0,
  next_effect_at timestamptz,
  created_at timestamptz not null default now(),
  check ((closed_at is null) = (closed_reason is null))
);
-- A payment waits in the queue once at a time.
create unique index fraud_reviews_open_key on fraud_reviews (payment_id, stage) where closed_at is null;
-- The queue in the order of work, and what is overdue.
create index fraud_reviews_queue_idx on fraud_reviews (merchant_id, livemode, expires_at, id) where closed_at is null;
create index fraud_reviews_expiry_idx on fraud_reviews (expires_at) where closed_at is null;
create index fraud_reviews_closed_idx on fraud_reviews (merchant_id, livemode, id) where closed_at is not null;
create index fraud_reviews_effect_idx on fraud_reviews (next_effect_at) where effect_done_at is null and next_effect_at is not null;
