-- What a merchant's payments of one business type are judged by. A version's content never changes; only its mode does.
create table fraud_rule_sets (
  merchant_id text collate "C" not null references merchants (id),
  business_type text not null,
  version integer not null check (version > 0),
  mode text not null default 'shadow' check (mode in ('draft', 'shadow', 'live', 'off')),
  content jsonb not null,
  comment text not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  primary key (merchant_id, business_type, version)
);
-- One decides and one looks on. Without a live one the product's default decides.
create unique index fraud_rule_sets_live_key on fraud_rule_sets (merchant_id, business_type) where mode = 'live';
create unique index fraud_rule_sets_shadow_key on fraud_rule_sets (merchant_id, business_type) where mode = 'shadow';

create function refuse_rule_set_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or (old.merchant_id, old.business_type, old.version, old.content, old.comment, old.created_by, old.created_at)
      is distinct from (new.merchant_id, new.business_type, new.version, new.content, new.comment, new.created_by, new.created_at) then
    raise exception 'a version of a rule set never changes' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger fraud_rule_sets_immutable before update or delete on fraud_rule_sets for each row execute function refuse_rule_set_change();
