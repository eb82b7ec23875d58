-- What became known of a payment, and when: nothing may use a label before known_at. Append-only; the latest one of a payment counts.
create table fraud_labels (
  sequence bigint generated always as identity primary key,
  payment_id text collate "C" not null,
  merchant_id text collate "C" not null references merchants (id),
  livemode boolean not null,
  is_fraud boolean not null,
  source text not null check (source in ('review', 'dispute', 'early_fraud_warning', 'refund', 'operator')),
  -- The review, dispute or warning it comes from: the same one never labels twice.
  source_id text collate "C" not null,
  known_at timestamptz not null default now(),
  -- Of the attempt, so that a device's labelled past is one index range.
  device_id text collate "C",
  customer_id text collate "C",
  attempted_at timestamptz not null,
  unique (source, source_id)
);
create index fraud_labels_payment_idx on fraud_labels (payment_id, sequence);
create index fraud_labels_device_idx on fraud_labels (device_id, attempted_at);
create trigger fraud_labels_append_only before update or delete on fraud_labels for each row execute function refuse_change();
