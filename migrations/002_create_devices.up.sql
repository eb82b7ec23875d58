create table devices (
  id text collate "C" primary key,
  merchant_id text collate "C" not null references merchants (id),
  livemode boolean not null,
  type text not null check (type in ('smartphone', 'tablet', 'smart_tv', 'iot_device', 'voice_assistant', 'gaming_console', 'pos_terminal', 'kiosk', 'web_browser', 'vehicle')),
  status text not null default 'active' check (status in ('active', 'suspended', 'revoked')),
  name text,
  fingerprint text not null check (length(fingerprint) between 8 and 512),
  fingerprint_changed_at timestamptz,
  capabilities text[] not null,
  -- Replaces the merchant's default business type for payments of this device.
  business_type text,
  customer_id text collate "C",
  -- IoT: the device may pay without a person.
  is_authorised_for_automated_payments boolean not null default false,
  latitude double precision check (latitude between -90 and 90),
  longitude double precision check (longitude between -180 and 180),
  -- Where it is at home, ISO 3166: compared with the countries of the card and the address.
  country char(2) check (country ~ '^[A-Z]{2}$'),
  -- HMAC-SHA256 of the credential under the deployment's pepper.
  credential_hash bytea not null unique,
  credential_last4 char(4) not null,
  registered_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- A known fingerprint rotates the credential of its own merchant's device and never reaches another merchant's.
  unique (merchant_id, livemode, fingerprint)
);
-- For lists, and for what names a device together with its merchant.
create unique index devices_merchant_idx on devices (merchant_id, livemode, id);
