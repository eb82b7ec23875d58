drop table payouts;
