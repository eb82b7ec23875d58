-- The immutable rule set an assessment was made with; with the snapshot it gives the same score for ever.
alter table fraud_assessments add column rule_set_version text not null default 'default';
