drop function fraud_record_attempt;
drop index fraud_attempts_device_idx, fraud_attempts_card_idx, fraud_attempts_customer_idx, fraud_attempts_ip_idx, fraud_attempts_type_idx,
  fraud_attempts_place_idx, fraud_attempts_time_idx;
create index fraud_attempts_device_idx on fraud_attempts (device_id, attempted_at);
create index fraud_attempts_card_idx on fraud_attempts (merchant_id, card, attempted_at);
create index fraud_attempts_customer_idx on fraud_attempts (customer_id, attempted_at);
create index fraud_attempts_ip_idx on fraud_attempts (merchant_id, ip, attempted_at);
create index fraud_attempts_type_idx on fraud_attempts (merchant_id, business_type, currency, attempted_at);
alter table fraud_attempts reset (autovacuum_vacuum_insert_scale_factor, autovacuum_vacuum_insert_threshold);
alter table fraud_attempts drop column list_keys;
