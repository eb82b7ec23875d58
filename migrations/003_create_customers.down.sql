alter table devices drop constraint devices_customer_fkey;
drop table customers;
