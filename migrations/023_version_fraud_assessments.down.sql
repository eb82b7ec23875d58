drop index fraud_assessments_stopped_idx;
alter table fraud_assessments drop column rule_set_version;
