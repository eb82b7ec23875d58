-- Models by version, documents with their cards. One is champion and acts, one is challenger and looks on; without any, the shipped default looks on.
create table fraud_models (
  version text collate "C" primary key check (length(version) between 1 and 100),
  mode text not null check (mode in ('shadow', 'live', 'off')),
  document jsonb not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  promoted_at timestamptz
);
create unique index fraud_models_live_key on fraud_models (mode) where mode = 'live';
create unique index fraud_models_shadow_key on fraud_models (mode) where mode = 'shadow';

-- How far each feature has moved from what a model was trained on, day by day.
create table fraud_model_drift (
  model_version text collate "C" not null,
  day date not null,
  feature text not null,
  payments bigint not null,
  -- Population stability index; above 0.25 the feature has drifted.
  stability_index double precision not null,
  primary key (model_version, day, feature)
);

-- What is known of a device that was labelled in the last 60 days, for the rules (`known`) and, when it had a fraud, for a model: the same numbers, by the
-- same definitions, that the model was trained on (libs/fraud/src/model/card-features.ts).
-- Volatile, so that its statements see what was committed while locks were waited for. Called by fraud_record_attempt, and with its rights.
create function fraud_device_labels(in_merchant_id text, in_livemode boolean, in_device_id text, in_at timestamptz)
returns json language plpgsql volatile as $$
declare
  known json;
  for_model json;
begin
  select json_build_object(
      'count28Days', count(*) filter (where is_fraud and attempted_at > in_at - interval '28 days'),
      'latestRun', coalesce(min(place) filter (where not is_fraud) - 1, count(*))) into known from (
    select is_fraud, attempted_at, row_number() over (order by attempted_at desc) as place from fraud_labels
     where device_id = in_device_id and merchant_id = in_merchant_id and attempted_at > in_at - interval '60 days' and known_at <= in_at
     order by attempted_at desc limit 100) as labelled;

  if exists (
    select from fraud_labels where device_id = in_device_id and merchant_id = in_merchant_id and is_fraud
      and attempted_at > in_at - interval '37 days' and known_at <= in_at
  ) then
    with labelled as (
      select distinct on (payment_id) payment_id, is_fraud from fraud_labels
       where device_id = in_device_id and merchant_id = in_merchant_id and attempted_at > in_at - interval '37 days' and known_at <= in_at
       order by payment_id, sequence desc
    ), past as (
      -- Of these attempts alone something can be known.
      select extract(epoch from in_at - attempted_at)::double precision / 86400 as age, coalesce(is_fraud, false) as is_fraud from (
        select payment_id, attempted_at from fraud_attempts
         where device_id = in_device_id and merchant_id = in_merchant_id and livemode = in_livemode
           and attempted_at > in_at - interval '37 days' and attempted_at <= in_at - interval '7 days'
         order by attempted_at desc limit 5000) as attempts left join labelled using (payment_id)
    ), ranked as (select age, is_fraud, row_number() over (order by age) as place from past)
    select json_build_object(
      'frauds1d', count(*) filter (where is_fraud and age < 8), 'frauds7d', count(*) filter (where is_fraud and age < 14),
      'frauds14d', count(*) filter (where is_fraud and age < 21), 'frauds28d', count(*) filter (where is_fraud and age < 35),
      'frauds30d', count(*) filter (where is_fraud),
      'daysSinceLastFraud', min(age) filter (where is_fraud), 'daysSinceFirstFraud', max(age) filter (where is_fraud),
      'fraudRun', coalesce(min(place) filter (where not is_fraud) - 1, count(*))) into for_model from ranked;
  end if;
  return json_build_object('known', known, 'forModel', for_model);
end $$;
