drop table subscription_events;
drop table subscription_periods;
drop table subscriptions;
