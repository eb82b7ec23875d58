drop table disputes, refunds;
