-- The unique row is the only arbiter of "who runs this request": no cache, no lock elsewhere.
create table idempotency_keys (
  merchant_id text collate "C" not null,
  livemode boolean not null,
  key text collate "C" not null check (length(key) between 1 and 255),
  -- SHA-256 over method, route and canonical body: another request under the same key is refused with 422.
  request_hash bytea not null,
  -- The object the request made, from which an abandoned request is resumed.
  object_id text collate "C",
  -- While in the future, the request is running somewhere; a repeat gets 409.
  locked_until timestamptz,
  response_status smallint,
  -- Text, not jsonb: a repeat must be equal to the byte.
  response_body text,
  created_at timestamptz not null default now(),
  primary key (merchant_id, livemode, key)
);
create index idempotency_keys_created_idx on idempotency_keys (created_at);

-- Events for merchants, inserted in the transaction of the change they tell of.
create table outbox_events (
  id text collate "C" primary key,
  -- Order of reading. Positions alone could be skipped: a lower one may be committed after a higher one was read. Readers therefore stop
  -- before the oldest transaction that still runs, and go on by (xid, position).
  xid xid8 not null default pg_current_xact_id(),
  position bigint generated always as identity,
  merchant_id text collate "C" not null,
  livemode boolean not null,
  type text not null,
  object_id text collate "C" not null,
  -- The object's version: a consumer drops what is older than what it has.
  sequence integer not null,
  -- The object as it was at this change, in the API's spelling, and the former values of what changed.
  data jsonb not null,
  previous jsonb not null default '{}',
  created_at timestamptz not null default now()
);
create index outbox_events_order_idx on outbox_events (xid, position);
create index outbox_events_merchant_idx on outbox_events (merchant_id, livemode, xid, position);

create table audit_log (
  sequence bigint generated always as identity primary key,
  merchant_id text collate "C",
  actor text not null,
  action text not null,
  object_id text collate "C",
  changes jsonb,
  reason text,
  request_id text,
  ip inet,
  created_at timestamptz not null default now()
);
create index audit_log_object_idx on audit_log (object_id, sequence);
create trigger audit_log_append_only before update or delete on audit_log for each row execute function refuse_change();
