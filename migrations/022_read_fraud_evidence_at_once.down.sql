drop function fraud_record_attempt;
drop index fraud_attempts_merchant_idx;
alter table fraud_attempts drop column list_keys;
