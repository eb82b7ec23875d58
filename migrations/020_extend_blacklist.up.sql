-- Three lists in one table: block decides, review holds, allow mutes the points of the rules.
alter table blacklist add column list text not null default 'block' check (list in ('block', 'review', 'allow'));
-- What people see of a value that is stored as a keyed hash: 'j…@example.com'.
alter table blacklist add column masked text not null default '';
-- Networks are matched by containment, which text cannot do.
alter table blacklist add column network inet check ((kind = 'cidr') = (network is not null));
-- Automatic blocks last longer each time: 1 h, 24 h, 7 d.
alter table blacklist add column escalation integer not null default 0 check (escalation >= 0);
-- An entry in shadow counts whom it would have met, and does nothing.
alter table blacklist add column mode text not null default 'live' check (mode in ('shadow', 'live'));
drop index blacklist_lookup_idx;
-- One active entry a value, list and mode: of two that are added at once, one wins. An expired entry is buried before its successor is added.
create unique index blacklist_active_key on blacklist (merchant_id, kind, value, list, mode) where removed_at is null;
create index blacklist_network_idx on blacklist using gist (network inet_ops) where removed_at is null and network is not null;
-- Pages by id, the newest first.
create index blacklist_merchant_idx on blacklist (merchant_id, id);
