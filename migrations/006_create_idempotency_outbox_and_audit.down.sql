drop table audit_log, outbox_events, idempotency_keys;
