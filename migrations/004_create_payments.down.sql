drop table payment_adjustments, payment_attempts, payments;
drop function refuse_change();
