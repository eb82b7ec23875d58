drop view webhook_event_statuses;
drop table webhook_attempts, webhook_dead, webhook_jobs, webhook_events;
