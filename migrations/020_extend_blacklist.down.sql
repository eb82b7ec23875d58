drop index blacklist_merchant_idx, blacklist_network_idx, blacklist_active_key;
create index blacklist_lookup_idx on blacklist (merchant_id, kind, value) where removed_at is null;
alter table blacklist drop column mode, drop column escalation, drop column network, drop column masked, drop column list;
