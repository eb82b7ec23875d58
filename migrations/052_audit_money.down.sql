drop trigger refunds_audited on refunds;
drop function audit_refund();
drop trigger payment_adjustments_audited on payment_adjustments;
drop function audit_payment_change();
