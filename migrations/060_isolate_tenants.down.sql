do $$
declare
  target record;
begin
  for target in select tablename from pg_policies where schemaname = 'public' and policyname = 'tenant' loop
    execute format('drop policy tenant on %I', target.tablename);
    execute format('alter table %I disable row level security', target.tablename);
  end loop;
end
$$;
drop function protect_tenants();
drop function prepare_application_role();
drop function protect_history();
-- The role stays: it belongs to the server, and other databases may use it.
