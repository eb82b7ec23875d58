alter table devices drop column daily_limits;
drop table spending_reservations, spending_buckets;
