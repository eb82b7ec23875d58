drop table webhook_jobs, webhook_events;
