-- What Stripe says of a dispute, the draft of its evidence, and the one act by which it is answered.
alter table disputes drop column evidence_staged;
alter table disputes
  -- Grows by one with every change; the adjustment with this sequence says what changed.
  add column version integer not null default 0,
  -- A loss that was appealed: it needs a response, and is under review, once more.
  add column is_appeal boolean not null default false,
  add column is_charge_refundable boolean not null default false,
  -- Stripe's word: evidence lies with it, staged or submitted.
  add column has_evidence boolean not null default false,
  -- Evidence programmes of the networks that this dispute may be answered under.
  add column enhanced_eligibility text[] not null default '{}',
  -- Sealed JSON, because it names and places a person; null until it is assembled from our own books.
  add column evidence_sealed text,
  -- Grows with every change of the draft, and up to which of them Stripe has it staged.
  add column evidence_version integer not null default 0,
  add column evidence_staged_version integer not null default 0,
  -- Fields that Stripe holds: one that was removed since must be emptied there.
  add column evidence_staged_fields text[] not null default '{}',
  -- The answer, once: evidence submitted, or the dispute accepted. 'sending' is written before Stripe is called.
  add column response text check (response in ('submit', 'close')),
  add column response_state text check (response_state in ('sending', 'done')),
  add column response_by text,
  add column responded_at timestamptz,
  -- Part of the key of the call: an answer that Stripe refused may be given again under another one.
  add column response_count integer not null default 0,
  add column response_error text,
  -- When the keeper looks at it again: to assemble evidence, to stage it, to find out what became of an answer.
  add column next_check_at timestamptz default now(),
  add column check_count integer not null default 0,
  add check ((response is null) = (response_state is null));
create index disputes_next_check_idx on disputes (next_check_at) where next_check_at is not null;
-- Those whose deadline somebody must watch.
create index disputes_deadline_idx on disputes (evidence_due_by) where status in ('needs_response', 'warning_needs_response');

-- Append-only: every change of a dispute, in order, as it was after the change.
create table dispute_adjustments (
  dispute_id text collate "C" not null references disputes (id),
  sequence integer not null check (sequence > 0),
  merchant_id text collate "C" not null references merchants (id),
  payment_id text collate "C" not null references payments (id),
  source text not null check (source in ('api', 'webhook', 'completer', 'reconciliation', 'admin')),
  source_id text,
  status_before text,
  status_after text not null,
  is_appeal boolean not null,
  amount_minor bigint not null,
  are_funds_withdrawn boolean not null,
  is_charge_refundable boolean not null,
  evidence_due_by timestamptz,
  evidence_submission_count integer not null,
  response text,
  response_state text,
  created_at timestamptz not null default now(),
  primary key (dispute_id, sequence)
);
create index dispute_adjustments_payment_idx on dispute_adjustments (payment_id);
create trigger dispute_adjustments_append_only before update or delete on dispute_adjustments
  for each row execute function refuse_change();

-- Append-only: the money of a dispute, as Stripe's balance booked it; in the balance's currency, which may be another than the dispute's.
create table dispute_movements (
  stripe_balance_transaction_id text collate "C" primary key,
  dispute_id text collate "C" not null references disputes (id),
  merchant_id text collate "C" not null references merchants (id),
  -- Negative when it is withdrawn, positive when it is reinstated.
  amount_minor bigint not null,
  fee_minor bigint not null,
  currency char(3) not null,
  booked_at timestamptz not null
);
create index dispute_movements_dispute_idx on dispute_movements (dispute_id);
create trigger dispute_movements_append_only before update or delete on dispute_movements
  for each row execute function refuse_change();

-- Append-only: the alarms of a deadline that were raised. Another deadline, as of an appeal, is alarmed of anew.
create table dispute_alarms (
  dispute_id text collate "C" not null references disputes (id),
  merchant_id text collate "C" not null references merchants (id),
  evidence_due_by timestamptz not null,
  alarm text not null check (alarm in ('7_days', '3_days', '24_hours', 'overdue')),
  raised_at timestamptz not null default now(),
  primary key (dispute_id, evidence_due_by, alarm)
);
create trigger dispute_alarms_append_only before update or delete on dispute_alarms for each row execute function refuse_change();

-- Every adjustment becomes an event for the merchant, as those of payments do.
create function tell_merchant_of_dispute() returns trigger language plpgsql as $$
declare
  dispute disputes%rowtype;
  former dispute_adjustments%rowtype;
begin
  select * into strict dispute from disputes where id = new.dispute_id;
  select * into former from dispute_adjustments where dispute_id = new.dispute_id and sequence = new.sequence - 1;
  insert into outbox_events (id, merchant_id, livemode, type, object_id, sequence, data, previous) values (
    'evt_' || substr(new.dispute_id, 4) || '_' || new.sequence,
    new.merchant_id,
    dispute.livemode,
    case
      when new.sequence = 1 then 'dispute.created'
      when new.status_before <> new.status_after and new.status_after in ('won', 'lost', 'warning_closed', 'prevented') then 'dispute.closed'
      when new.are_funds_withdrawn and not former.are_funds_withdrawn then 'dispute.funds_withdrawn'
      when former.are_funds_withdrawn and not new.are_funds_withdrawn then 'dispute.funds_reinstated'
      else 'dispute.updated'
    end,
    new.dispute_id,
    new.sequence,
    jsonb_build_object('id', dispute.id, 'object', 'dispute', 'paymentId', dispute.payment_id, 'status', new.status_after,
      'reason', dispute.reason, 'networkReasonCode', dispute.network_reason_code, 'amount', new.amount_minor, 'currency', dispute.currency,
      'isAppeal', new.is_appeal, 'areFundsWithdrawn', new.are_funds_withdrawn, 'isChargeRefundable', new.is_charge_refundable,
      'evidenceDueBy', to_char(new.evidence_due_by at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
      'submissionCount', new.evidence_submission_count, 'livemode', dispute.livemode),
    jsonb_strip_nulls(jsonb_build_object(
      'status', case when new.status_before <> new.status_after then new.status_before end,
      'amount', case when former.amount_minor <> new.amount_minor then former.amount_minor end,
      'areFundsWithdrawn', case when former.are_funds_withdrawn <> new.are_funds_withdrawn then former.are_funds_withdrawn end,
      'submissionCount', case when former.evidence_submission_count <> new.evidence_submission_count then former.evidence_submission_count end)));
  return null;
end $$;
create trigger dispute_adjustments_tell_merchant after insert on dispute_adjustments for each row execute function tell_merchant_of_dispute();
