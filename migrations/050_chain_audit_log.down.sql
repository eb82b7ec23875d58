drop table audit_checkpoints, audit_chain;
drop trigger audit_log_no_truncate on audit_log;
drop index audit_log_sealing_idx, audit_log_merchant_idx;
alter table audit_log drop column transaction_id;
