drop table security_incidents, rate_limit_blocks, rate_limit_tracking, blacklist, fraud_assessments, fraud_attempts;
drop function rate_limit_grant(double precision, integer, double precision, double precision);
drop function rate_limit_now_us();
