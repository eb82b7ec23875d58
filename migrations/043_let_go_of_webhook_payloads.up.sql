-- The bytes of an event go before its row does: what they tell of people is needed for weeks, that the event was here for years.
-- How far they have gone; one row.
create table webhook_payload_cursor (
  is_only_row boolean primary key default true check (is_only_row),
  emptied_to bigint not null default 0
);
insert into webhook_payload_cursor default values;

-- Events behind the cursor that kept their bytes because they were not done, or dead, when it passed.
create table webhook_payloads_kept (
  event_sequence bigint primary key
);
