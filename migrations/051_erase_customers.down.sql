drop index payments_customer_idx;
alter table customers drop column erased_at;
