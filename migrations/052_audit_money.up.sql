-- Every change of a payment and every refund has its line in the audit log, in the same transaction, whichever code makes it.
create function audit_payment_change() returns trigger language plpgsql as $$
begin
  insert into audit_log (merchant_id, actor, action, object_id, changes, request_id)
  select added.merchant_id,
         -- The caller is on record with the call to the processor; what was recorded before any call is known by its request.
         coalesce((select a.actor from payment_attempts a where added.source in ('api', 'admin') and a.payment_id = added.payment_id order by a.id desc limit 1),
                  'system:' || added.source),
         'payment_' || added.status_after, added.payment_id,
         jsonb_build_object('sequence', added.sequence, 'statusBefore', added.status_before, 'amount', added.amount_minor,
                            'amountCapturable', added.amount_capturable_minor, 'amountReceived', added.amount_received_minor,
                            'amountRefunded', added.amount_refunded_minor, 'amountDisputed', added.amount_disputed_minor),
         added.source_id
  from added;
  return null;
end $$;
-- Once for a statement, not for a row: of a batch it costs half as much, of one row no more.
create trigger payment_adjustments_audited after insert on payment_adjustments
  referencing new table as added for each statement execute function audit_payment_change();

create function audit_refund() returns trigger language plpgsql as $$
begin
  insert into audit_log (merchant_id, actor, action, object_id, changes)
  values (new.merchant_id, new.created_by, 'refund_created', new.id,
          jsonb_build_object('paymentId', new.payment_id, 'amount', new.amount_minor, 'currency', new.currency, 'reason', new.reason));
  return null;
end $$;
create trigger refunds_audited after insert on refunds for each row execute function audit_refund();
