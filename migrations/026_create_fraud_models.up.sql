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

-- What a model sees of the past besides the rules' evidence: the same numbers, by the same definitions, that it was trained on
-- (libs/fraud/src/model/card-features.ts). Volatile, so that its statements see what was committed while locks were waited for.
-- The attempt itself may be in the table already and is left out by its time. As fraud_record_attempt, it holds the wall between tenants itself.
create function fraud_model_inputs(in_merchant_id text, in_livemode boolean, in_device_id text, in_customer_id text, in_currency text, in_at timestamptz)
returns jsonb language plpgsql volatile security definer set search_path = public, pg_temp set plan_cache_mode = 'force_generic_plan' as $$
declare
  customer jsonb;
  device jsonb;
begin
  perform assert_tenant(in_merchant_id);
  if in_customer_id is not null then
    with past as (
      select extract(epoch from in_at - attempted_at)::double precision as age, amount_minor::double precision as amount from fraud_attempts
       where customer_id = in_customer_id and merchant_id = in_merchant_id and livemode = in_livemode and currency = in_currency::char(3)
         and attempted_at > in_at - interval '30 days' and attempted_at < in_at
       order by attempted_at desc limit 1000
    ), mean as (select count(*) as payments, sum(amount) as total from past)
    select jsonb_build_object(
      'count1h', count(*) filter (where age < 3600),
      'count1d', count(*) filter (where age < 86400), 'sum1d', coalesce(sum(amount) filter (where age < 86400), 0),
      'count7d', count(*) filter (where age < 7 * 86400), 'sum7d', coalesce(sum(amount) filter (where age < 7 * 86400), 0),
      'count30d', count(*), 'sum30d', coalesce(sum(amount), 0), 'squares30d', coalesce(sum(amount * amount), 0), 'max30d', coalesce(max(amount), 0),
      'big1d', count(*) filter (where age < 86400 and amount * payments > 2.5 * total),
      'big7d', count(*) filter (where age < 7 * 86400 and amount * payments > 2.5 * total),
      'big14d', count(*) filter (where age < 14 * 86400 and amount * payments > 2.5 * total),
      'gap', min(age)) into customer from past, mean;
  end if;

  -- Nearly every device: no fraud is known, and counting is done by the index.
  if not exists (
    select from fraud_labels where device_id = in_device_id and merchant_id = in_merchant_id and is_fraud
      and attempted_at > in_at - interval '888 hours' and known_at <= in_at
  ) then
    select jsonb_build_object(
      'count28d', count(*) filter (where attempted_at > in_at - interval '672 hours'),
      'known1d', count(*) filter (where attempted_at <= in_at - interval '168 hours' and attempted_at > in_at - interval '192 hours'), 'frauds1d', 0,
      'known7d', count(*) filter (where attempted_at <= in_at - interval '168 hours' and attempted_at > in_at - interval '336 hours'), 'frauds7d', 0,
      'known30d', count(*) filter (where attempted_at <= in_at - interval '168 hours'), 'frauds30d', 0, 'frauds14d', 0, 'frauds28d', 0,
      'daysSinceLastFraud', null, 'daysSinceFirstFraud', null, 'fraudRun', 0) into device from (
        select attempted_at from fraud_attempts
         where device_id = in_device_id and merchant_id = in_merchant_id and livemode = in_livemode
           and attempted_at > in_at - interval '888 hours' and attempted_at < in_at
         order by attempted_at desc limit 5000) as past;
    return jsonb_build_object('customer', customer, 'device', device);
  end if;

  with labelled as (
    select distinct on (payment_id) payment_id, is_fraud from fraud_labels
     where device_id = in_device_id and merchant_id = in_merchant_id and attempted_at > in_at - interval '37 days' and known_at <= in_at
     order by payment_id, sequence desc
  ), past as (
    select extract(epoch from in_at - attempted_at)::double precision / 86400 as age, coalesce(is_fraud, false) as is_fraud from (
      select payment_id, attempted_at from fraud_attempts
       where device_id = in_device_id and merchant_id = in_merchant_id and livemode = in_livemode
         and attempted_at > in_at - interval '37 days' and attempted_at < in_at
       order by attempted_at desc limit 5000) as attempts left join labelled using (payment_id)
  ), ranked as (select age, is_fraud, age >= 7 as is_known, row_number() over (partition by age >= 7 order by age) as place from past)
  select jsonb_build_object(
    'count28d', count(*) filter (where age < 28),
    'known1d', count(*) filter (where is_known and age < 8), 'frauds1d', count(*) filter (where is_known and is_fraud and age < 8),
    'known7d', count(*) filter (where is_known and age < 14), 'frauds7d', count(*) filter (where is_known and is_fraud and age < 14),
    'known30d', count(*) filter (where is_known), 'frauds30d', count(*) filter (where is_known and is_fraud),
    'frauds14d', count(*) filter (where is_known and is_fraud and age < 21),
    'frauds28d', count(*) filter (where is_known and is_fraud and age < 35),
    'daysSinceLastFraud', min(age) filter (where is_known and is_fraud), 'daysSinceFirstFraud', max(age) filter (where is_known and is_fraud),
    'fraudRun', coalesce(min(place) filter (where is_known and not is_fraud) - 1, count(*) filter (where is_known))) into device from ranked;
  return jsonb_build_object('customer', customer, 'device', device);
end $$;
