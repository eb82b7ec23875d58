-- The certificates in use, one for each kind of key, read by every replica. The names and the directory they were ordered with stand beside
-- them: when the configuration says otherwise, new ones are ordered.
create table tls_certificates (
  key_type text primary key check (key_type in ('ec', 'rsa')),
  names text[] not null check (cardinality(names) > 0),
  directory_url text not null,
  chain_pem text not null,
  -- AES-256-GCM under ENCRYPTION_KEY.
  private_key_sealed text not null,
  issued_at timestamptz not null default now()
);

-- The account with a certificate authority, and the turn to order from it: only the replica whose lease lasts may order or store.
create table acme_accounts (
  directory_url text primary key,
  private_key_sealed text not null,
  lease_owner text,
  leased_until timestamptz,
  failures integer not null default 0 check (failures >= 0),
  next_attempt_at timestamptz not null default now(),
  last_error text,
  created_at timestamptz not null default now(),
  check ((lease_owner is null) = (leased_until is null))
);

-- Answers to HTTP-01 challenges: the authority may ask any replica, so they cannot stay in the memory of the one that orders.
create table acme_challenges (
  token text primary key,
  key_authorization text not null,
  expires_at timestamptz not null
);
