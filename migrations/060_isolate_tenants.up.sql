-- The second wall of tenancy: under this role a statement sees the rows of the merchant that upp.merchant_id names, or with '*' those of all;
-- with nothing set it sees none. The owner of the tables and superusers are not bound, so that migrations, dumps and people at psql work.
do $$
begin
  create role upp_app nologin;
exception
  -- Another database of this server has it already, or has made it at this moment.
  when duplicate_object or unique_violation then null;
  -- A managed server: its operator makes the role and grants it to this user (docs/api.md, Tenancy). Without it there is one wall.
  when insufficient_privilege then raise notice 'the role upp_app was not made';
end
$$;

-- What a trigger keeps from being changed, the application may not even try to change: with its role the trigger cannot be switched off either.
-- A later migration that makes an append-only table calls this again.
create function protect_history() returns void language plpgsql as $$
declare
  target record;
begin
  if not exists (select 1 from pg_roles where rolname = 'upp_app') then
    return;
  end if;
  for target in
    select distinct tgrelid::regclass as name from pg_trigger
     -- Row triggers of both updates (16) and deletions (8).
     where tgfoid in (select oid from pg_proc where starts_with(proname, 'refuse_change')) and tgtype & 24 = 24
  loop
    execute format('revoke update, delete, truncate on %s from upp_app', target.name);
  end loop;
end
$$;

-- Gives the role what the product needs of this database. Every run of the migrations calls it, for a role that was made after them.
-- Answers whether the product can take it.
create function prepare_application_role() returns boolean language plpgsql as $$
begin
  if not exists (select 1 from pg_roles where rolname = 'upp_app') then
    return false;
  end if;
  grant usage on schema public to upp_app;
  grant select, insert, update, delete on all tables in schema public to upp_app;
  grant usage on all sequences in schema public to upp_app;
  grant execute on function forget_places_of(text, text) to upp_app;
  alter default privileges in schema public grant select, insert, update, delete on tables to upp_app;
  alter default privileges in schema public grant usage on sequences to upp_app;
  perform protect_history();
  if not pg_has_role(current_user, 'upp_app', 'member') then
    execute format('grant upp_app to %I', current_user);
  end if;
  return true;
exception
  when insufficient_privilege then return false;
end
$$;
select prepare_application_role();

-- Every table with a merchant in each row; what belongs to a payment repeats the payment's, so that a policy compares a column and looks nothing up.
create function protect_tenants() returns void language plpgsql as $$
declare
  target record;
begin
  for target in
    select c.table_name, case when c.table_name = 'merchants' then 'id' else 'merchant_id' end as column_name
    from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
    where c.table_schema = 'public' and t.table_type = 'BASE TABLE'
      and ((c.column_name = 'merchant_id' and c.is_nullable = 'NO') or (c.table_name = 'merchants' and c.column_name = 'id'))
      and not exists (select 1 from pg_policies where schemaname = 'public' and tablename = c.table_name and policyname = 'tenant')
  loop
    -- No sub-select, which would be read once for all rows: a statement of a payment meets few rows and many tables, and starting it costs more.
    execute format('alter table %I enable row level security', target.table_name);
    execute format(
      'create policy tenant on %I using (%I = current_setting(''upp.merchant_id'', true) or current_setting(''upp.merchant_id'', true) = ''*'')',
      target.table_name, target.column_name);
  end loop;
end
$$;
select protect_tenants();
