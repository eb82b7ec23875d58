drop trigger refunds_tell_merchant on refunds;
drop trigger refunds_counted on refunds;
drop function tell_merchant_of_refund();
drop function count_refund_change();
alter table refunds drop column version;
