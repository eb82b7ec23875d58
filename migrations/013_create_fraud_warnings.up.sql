-- Issuers' early warnings of fraud, each once, with what is done about it.
create table fraud_warnings (
  id text collate "C" primary key,
  payment_id text collate "C" not null references payments (id),
  merchant_id text collate "C" not null references merchants (id),
  livemode boolean not null,
  stripe_warning_id text collate "C" not null unique,
  fraud_type text not null,
  is_actionable boolean not null,
  -- Decided when the warning arrives, by the settings of that moment.
  reaction text not null check (reaction in ('none', 'refund')),
  reaction_outcome text check (reaction_outcome in ('refunded', 'superseded')),
  reaction_tries integer not null default 0,
  next_reaction_at timestamptz,
  created_at timestamptz not null default now()
);
create index fraud_warnings_payment_idx on fraud_warnings (payment_id);
create index fraud_warnings_due_idx on fraud_warnings (next_reaction_at) where next_reaction_at is not null;

-- Merchants are told once, in the transaction that records the warning.
create function tell_merchant_of_fraud_warning() returns trigger language plpgsql as $$
begin
  insert into outbox_events (id, merchant_id, livemode, type, object_id, sequence, data)
  values ('evt_' || substr(new.id, 5) || '_1', new.merchant_id, new.livemode, 'fraud_warning.created', new.id, 1,
    jsonb_build_object('id', new.id, 'object', 'fraud_warning', 'paymentId', new.payment_id, 'fraudType', new.fraud_type,
      'isActionable', new.is_actionable, 'reaction', new.reaction, 'livemode', new.livemode));
  return null;
end $$;
create trigger fraud_warnings_tell_merchant after insert on fraud_warnings for each row execute function tell_merchant_of_fraud_warning();
