-- The immutable rule set an assessment was made with; with the snapshot it gives the same score for ever.
alter table fraud_assessments add column rule_set_version text not null default 'default';
-- Compression is half of what storing an assessment costs, with lz4 less. A server built without it stays with its default.
do $$
begin
  alter table fraud_assessments alter contributions set compression lz4, alter features set compression lz4;
exception when feature_not_supported then
  null;
end $$;
