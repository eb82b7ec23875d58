drop table security_incidents, rate_limit_tracking, blacklist, fraud_assessments, fraud_attempts;
