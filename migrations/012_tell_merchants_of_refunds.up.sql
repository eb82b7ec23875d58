-- Every refund and each of its changes becomes an event for the merchant: triggers, so that no writer of refunds can forget it.
alter table refunds add column version integer not null default 1;

create function count_refund_change() returns trigger language plpgsql as $$
begin
  -- A look at it (next_check_at) is no change.
  if (new.status, new.stripe_refund_id, new.failure_reason, new.outcome_certainty)
     is distinct from (old.status, old.stripe_refund_id, old.failure_reason, old.outcome_certainty) then
    new.version := old.version + 1;
  end if;
  return new;
end $$;
create trigger refunds_counted before update on refunds for each row execute function count_refund_change();

create function tell_merchant_of_refund() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and new.version = old.version then
    return null;
  end if;
  insert into outbox_events (id, merchant_id, livemode, type, object_id, sequence, data, previous) values (
    'evt_' || substr(new.id, 4) || '_' || new.version,
    new.merchant_id,
    new.livemode,
    case
      when tg_op = 'INSERT' then 'refund.created'
      when new.status = 'failed' and old.status <> 'failed' then 'refund.failed'
      else 'refund.updated'
    end,
    new.id,
    new.version,
    jsonb_build_object('id', new.id, 'object', 'refund', 'paymentId', new.payment_id, 'status', new.status, 'amount', new.amount_minor,
      'currency', new.currency, 'reason', new.reason, 'failureReason', new.failure_reason, 'outcomeCertainty', new.outcome_certainty,
      'stripeRefundId', new.stripe_refund_id, 'livemode', new.livemode),
    case
      when tg_op = 'UPDATE' and new.status <> old.status then jsonb_build_object('status', old.status)
      else '{}'::jsonb
    end);
  return null;
end $$;
create trigger refunds_tell_merchant after insert or update on refunds for each row execute function tell_merchant_of_refund();
