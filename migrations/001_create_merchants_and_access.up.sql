-- Ids are text with a prefix and a UUIDv7 (see libs/kernel/src/ids.ts). The "C" collation makes comparison bytewise, so that pages by id
-- follow the order of creation and indexes stay narrow to compare, whatever locale the server was made with.
create table merchants (
  id text collate "C" primary key,
  name text not null check (length(name) between 1 and 200),
  status text not null default 'active' check (status in ('active', 'suspended')),
  country char(2) not null,
  -- IANA name: business days, opening hours and spending limits are counted in it.
  time_zone text not null,
  default_business_type text not null,
  enabled_business_types text[] not null check (default_business_type = any (enabled_business_types)),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- What a merchant changes of a business type's profile. Versions are immutable: the newest one counts, the others explain old payments.
create table business_profiles (
  merchant_id text collate "C" not null references merchants (id),
  business_type text not null,
  version integer not null check (version > 0),
  overrides jsonb not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  primary key (merchant_id, business_type, version)
);

-- People who sign in to the admin. merchant_id null: the whole deployment.
create table users (
  id text collate "C" primary key,
  merchant_id text collate "C" references merchants (id),
  email text not null check (email = lower(email)),
  password_hash text not null,
  role text not null check (role in ('owner', 'admin', 'analyst', 'support', 'auditor', 'developer')),
  status text not null default 'active' check (status in ('active', 'disabled')),
  totp_secret_sealed text,
  -- A secret that was shown and not yet proved by a code.
  totp_pending_sealed text,
  -- The step of the last accepted code: a code is good once.
  totp_last_step bigint,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index users_email_key on users (email);

-- Each is good once, in place of a code from a lost telephone.
create table recovery_codes (
  user_id text collate "C" not null references users (id),
  code_hash bytea not null,
  used_at timestamptz,
  primary key (user_id, code_hash)
);

create table sessions (
  id text collate "C" primary key,
  user_id text collate "C" not null references users (id),
  -- SHA-256 of the 256-bit cookie value: the database never holds a usable session.
  token_hash bytea not null unique,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  stepped_up_at timestamptz,
  ip inet,
  user_agent text
);
create index sessions_user_idx on sessions (user_id) where revoked_at is null;

create table api_keys (
  id text collate "C" primary key,
  merchant_id text collate "C" not null references merchants (id),
  livemode boolean not null,
  kind text not null check (kind in ('secret', 'restricted')),
  name text not null,
  -- HMAC-SHA256 of the whole key under the deployment's pepper.
  key_hash bytea not null unique,
  last4 char(4) not null,
  scopes text[] not null,
  allowed_cidrs cidr[] not null default '{}',
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  created_by text not null,
  created_at timestamptz not null default now()
);
create index api_keys_merchant_idx on api_keys (merchant_id, id);
