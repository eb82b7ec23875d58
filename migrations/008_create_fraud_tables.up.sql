-- Every attempt to pay, counted whether or not it succeeds; what the rules know of the past is counted here.
create table fraud_attempts (
  sequence bigint generated always as identity primary key,
  merchant_id text collate "C" not null,
  livemode boolean not null,
  payment_id text collate "C" not null,
  business_type text not null,
  amount_minor bigint not null,
  currency char(3) not null,
  device_id text collate "C",
  -- What stands for the card: its fingerprint where known, else the payment method's id.
  card text collate "C",
  customer_id text collate "C",
  ip inet,
  latitude double precision,
  longitude double precision,
  -- Stamped after the locks on device and card are held, so that it orders what they serialise.
  attempted_at timestamptz not null default clock_timestamp()
);
create index fraud_attempts_device_idx on fraud_attempts (device_id, attempted_at);
create index fraud_attempts_card_idx on fraud_attempts (merchant_id, card, attempted_at);
create index fraud_attempts_customer_idx on fraud_attempts (customer_id, attempted_at);
create index fraud_attempts_ip_idx on fraud_attempts (merchant_id, ip, attempted_at);
create index fraud_attempts_type_idx on fraud_attempts (merchant_id, business_type, currency, attempted_at);

create table fraud_assessments (
  id text collate "C" primary key,
  payment_id text collate "C" not null,
  merchant_id text collate "C" not null,
  livemode boolean not null,
  device_id text collate "C",
  customer_id text collate "C",
  amount_minor bigint not null,
  currency char(3) not null,
  business_type text not null,
  score smallint not null check (score between 0 and 100),
  level text not null check (level in ('low', 'medium', 'high', 'critical')),
  decision text not null check (decision in ('allow', 'review', 'block')),
  mode text not null default 'enforce' check (mode in ('enforce', 'shadow')),
  -- Each rule's { rule, version, outcome, contribution, explanation }; contributions add up to the score.
  contributions json not null,
  -- Everything the rules saw: the same snapshot gives the same score for ever. Documents that are written for every payment and read of few:
  -- storing them costs 44 µs as json and 113 as jsonb.
  features json not null,
  engine_version text not null,
  duration_us integer,
  created_at timestamptz not null default now()
);
create index fraud_assessments_payment_idx on fraud_assessments (payment_id);
create index fraud_assessments_merchant_idx on fraud_assessments (merchant_id, livemode, id);
create trigger fraud_assessments_append_only before update or delete on fraud_assessments for each row execute function refuse_change();

create table blacklist (
  id text collate "C" primary key,
  merchant_id text collate "C" not null references merchants (id),
  kind text not null check (kind in ('device', 'email', 'email_domain', 'ip', 'cidr', 'card_fingerprint', 'bin', 'customer', 'country')),
  -- Normalised; for personal data its keyed hash in hexadecimal.
  value text not null,
  reason text not null,
  source text not null check (source in ('manual', 'rule', 'dispute', 'rate_limit')),
  created_by text not null,
  created_at timestamptz not null default now(),
  -- Decided when read: an entry is active while expires_at is null or in the future and removed_at is null.
  expires_at timestamptz,
  removed_at timestamptz,
  removed_by text,
  hit_count bigint not null default 0,
  last_hit_at timestamptz
);
create index blacklist_lookup_idx on blacklist (merchant_id, kind, value) where removed_at is null;

-- Counters shared by every replica: the generic cell rate algorithm, times in microseconds since 1970 by this server's clock.
-- Unlogged: counting a request must not wait for the disk. After a crash of the server, limits start anew; blocks do not (next table).
create unlogged table rate_limit_tracking (
  key text collate "C" primary key,
  -- When the key will be at rest again; at most one window ahead.
  arrival_us double precision not null,
  -- How many of the requests that the last statement asked for were let through.
  granted integer not null,
  interval_us double precision not null,
  window_us double precision not null,
  expires_at timestamptz not null
) with (fillfactor = 70);
create index rate_limit_tracking_expiry_idx on rate_limit_tracking (expires_at);

create function rate_limit_now_us() returns double precision language sql stable as
$$ select extract(epoch from now())::double precision * 1e6 $$;

-- How many of `hits` requests fit; the microsecond forgives the rounding of window / limit.
create function rate_limit_grant(arrival_us double precision, hits integer, interval_us double precision, window_us double precision)
returns integer language sql stable as
$$ select greatest(0, least(hits, floor((window_us + 1 - greatest(arrival_us - rate_limit_now_us(), 0)) / interval_us)::integer)) $$;

-- Temporary blocks after a breach: decided when read, longer each time.
create table rate_limit_blocks (
  key text collate "C" primary key,
  step smallint not null check (step between 0 and 3),
  blocked_until timestamptz not null
);

create table security_incidents (
  id text collate "C" primary key,
  merchant_id text collate "C",
  type text not null,
  severity text not null check (severity in ('low', 'medium', 'high', 'critical')),
  -- Repetitions of one thing are one row with a count.
  fingerprint bytea not null,
  subject text,
  ip inet,
  user_agent text,
  details jsonb not null default '{}',
  first_seen_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  count bigint not null default 1,
  resolved_at timestamptz,
  resolved_by text
);
create unique index security_incidents_open_key on security_incidents (fingerprint) where resolved_at is null;
