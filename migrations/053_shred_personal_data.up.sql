-- One key per person, itself sealed under ENCRYPTION_KEY. What names the person is sealed with it, so that destroying this one value makes every
-- copy of that text unreadable, also those that nobody thinks of. Left out of backups of the database, which are older than an erasure for as long
-- as they are kept: the keys have a file of their own there, and only the newest one (docs/security.md).
-- Of no person any more, the row stays: a restored backup learns from it whom to erase again.
create table personal_data_keys (
  subject_id text collate "C" primary key,
  merchant_id text collate "C" not null,
  -- null: destroyed.
  key_wrapped text,
  created_at timestamptz not null default now(),
  destroyed_at timestamptz,
  check ((key_wrapped is null) = (destroyed_at is not null))
);
create index personal_data_keys_destroyed_idx on personal_data_keys (subject_id) where destroyed_at is not null;

-- How far Stripe's events have been searched for an erased customer; null for all others, and when the search is over.
alter table customers add column events_redacted_to bigint;
create index customers_redaction_idx on customers (events_redacted_to) where events_redacted_to is not null;

-- An event may lose what it tells of a person, once, and what remains says so: the hash is that of the bytes that Stripe signed.
-- A nullable column at the end costs an insert nothing.
alter table webhook_events add column redacted_sha256 bytea;
create function refuse_change_but_redaction() returns trigger language plpgsql as $$
begin
  if old.redacted_sha256 is null and new.redacted_sha256 = sha256(old.payload)
     and to_jsonb(new) - '{payload,redacted_sha256}'::text[] = to_jsonb(old) - '{payload,redacted_sha256}'::text[] then
    return new;
  end if;
  raise exception '% is append-only', tg_table_name using errcode = 'integrity_constraint_violation';
end $$;
drop trigger webhook_events_immutable on webhook_events;
create trigger webhook_events_immutable before update on webhook_events for each row execute function refuse_change_but_redaction();

create function without_places(features json) returns json language sql immutable as $$
  select (features::jsonb || jsonb_build_object('location',
    coalesce((features -> 'location')::jsonb, '{}') || '{"current": null, "last": null}'))::json;
$$;
-- The same for the places in a fraud assessment: they may go, and nothing else of it.
create function refuse_change_but_places() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and to_jsonb(new) - 'features' = to_jsonb(old) - 'features'
     and new.features::jsonb = without_places(old.features)::jsonb then
    return new;
  end if;
  raise exception '% is append-only', tg_table_name using errcode = 'integrity_constraint_violation';
end $$;
drop trigger fraud_assessments_append_only on fraud_assessments;
create trigger fraud_assessments_append_only before update or delete on fraud_assessments for each row execute function refuse_change_but_places();

-- Under the owner's rights, for the application may not change assessments at all.
create function forget_places_of(in_merchant_id text, in_customer_id text) returns void language sql security definer set search_path = public, pg_temp as $$
  update fraud_assessments
     set features = without_places(features)
   where merchant_id = in_merchant_id and customer_id = in_customer_id
     and (features #>> '{location,current}' is not null or features #>> '{location,last}' is not null);
$$;
revoke execute on function forget_places_of(text, text) from public;
