alter table payments drop column is_off_session;
drop index customers_stripe_idx;
alter table customers drop column default_payment_method_id;
drop table saved_payment_methods;
