alter table fraud_assessments drop column rule_set_version;
