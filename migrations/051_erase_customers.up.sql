-- When the customer's personal data was removed on request; the row stays for the payments that name it.
alter table customers add column erased_at timestamptz;
create index payments_customer_idx on payments (customer_id, id) where customer_id is not null;
