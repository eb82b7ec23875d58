-- Every change of a payment and every refund has its line in the audit log, in the same transaction, whichever code makes it.
create function audit_payment_change() returns trigger language plpgsql as $$
begin
  insert into audit_log (merchant_id, actor, action, object_id, changes, request_id) values (
         new.merchant_id,
         -- The caller is on record with the call to the processor; what was recorded before any call is known by its request.
         coalesce((select a.actor from payment_attempts a where new.source in ('api', 'admin') and a.payment_id = new.payment_id order by a.id desc limit 1),
                  'system:' || new.source),
         'payment_' || new.status_after, new.payment_id,
         jsonb_build_object('sequence', new.sequence, 'statusBefore', new.status_before, 'amount', new.amount_minor,
                            'amountCapturable', new.amount_capturable_minor, 'amountReceived', new.amount_received_minor,
                            'amountRefunded', new.amount_refunded_minor, 'amountDisputed', new.amount_disputed_minor),
         new.source_id);
  return null;
end $$;
create trigger payment_adjustments_audited after insert on payment_adjustments for each row execute function audit_payment_change();

create function audit_refund() returns trigger language plpgsql as $$
begin
  insert into audit_log (merchant_id, actor, action, object_id, changes)
  values (new.merchant_id, new.created_by, 'refund_created', new.id,
          jsonb_build_object('paymentId', new.payment_id, 'amount', new.amount_minor, 'currency', new.currency, 'reason', new.reason));
  return null;
end $$;
create trigger refunds_audited after insert on refunds for each row execute function audit_refund();
