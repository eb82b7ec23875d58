-- The immutable rule set an assessment was made with; with the snapshot it gives the same score for ever.
alter table fraud_assessments add column rule_set_version text not null default 'default';
-- What people look for are the few that were not let through.
create index fraud_assessments_stopped_idx on fraud_assessments (merchant_id, livemode, id) where decision <> 'allow';
-- Compression is half of what storing an assessment costs, with lz4 less. A server built without it stays with its default.
do $$
begin
  alter table fraud_assessments alter contributions set compression lz4, alter features set compression lz4;
exception when feature_not_supported then
  null;
end $$;
