-- How much of each limit is in use. One row per limit, subject and window: taking from it is one conditional UPDATE, so that two payments at
-- once can never share the same room.
create table spending_buckets (
  -- Made by libs/payments/src/domain/spending-limit.ts: subject, kind of window, currency and the window's first instant.
  key text collate "C" primary key,
  merchant_id text collate "C" not null,
  livemode boolean not null,
  subject_id text collate "C" not null,
  -- The sum of what its reservations hold; of a count over a rolling window, all that were ever counted.
  used bigint not null check (used >= 0),
  -- Null for a rolling window, which has none.
  window_ends_at timestamptz
);
create index spending_buckets_subject_idx on spending_buckets (merchant_id, livemode, subject_id);

-- What each payment takes from each bucket. It follows its payment's status in the very statement that changes it.
create table spending_reservations (
  payment_id text collate "C" not null,
  bucket_key text collate "C" not null references spending_buckets (key),
  -- The bucket's own.
  merchant_id text collate "C" not null,
  -- 'amount' in minor units, or 'count' of payments.
  measure text not null check (measure in ('amount', 'count')),
  -- Whether a refund gives back what it pays back; the profile of the payment's day says so.
  is_released_by_refund boolean not null,
  taken bigint not null check (taken > 0),
  -- What it holds of the bucket now: all of it while reserved, what was really paid once settled, nothing when released.
  held bigint not null check (held >= 0),
  state text not null default 'reserved' check (state in ('reserved', 'settled', 'released')),
  -- Stamped while the bucket is locked, so that a rolling window counts in the order in which the bucket was taken.
  created_at timestamptz not null default clock_timestamp(),
  primary key (payment_id, bucket_key)
);
-- A rolling window counts the newest of its bucket.
create index spending_reservations_bucket_idx on spending_reservations (bucket_key, created_at) where held > 0;

-- What a merchant or a guardian set lower for one device: { "usd": 5000 }, minor units of a calendar day.
alter table devices add column daily_limits jsonb not null default '{}';
