-- Mail and webhook calls to operators, each sent at least once: written in the transaction of what they tell of, worked off by leases.
create table notifications (
  id text collate "C" primary key,
  channel text not null check (channel in ('mail', 'webhook')),
  recipient text not null,
  subject text not null,
  body text not null,
  -- Two notifications of one fact are one: alert, state and recipient.
  dedupe_key text collate "C" not null unique,
  attempts integer not null default 0,
  -- null once it is sent or given up.
  next_attempt_at timestamptz default now(),
  leased_until timestamptz,
  last_error text,
  sent_at timestamptz,
  created_at timestamptz not null default now()
);
create index notifications_due_idx on notifications (next_attempt_at) where next_attempt_at is not null;
create index notifications_sent_idx on notifications (channel, sent_at);

-- What is wrong, once for each rule and subject while it lasts.
create table alerts (
  id text collate "C" primary key,
  rule text not null,
  subject text not null default '',
  severity text not null check (severity in ('warning', 'critical')),
  summary text not null,
  opened_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  notified_at timestamptz,
  acknowledged_at timestamptz,
  acknowledged_by text,
  resolved_at timestamptz
);
create unique index alerts_open_key on alerts (rule, subject) where resolved_at is null;
