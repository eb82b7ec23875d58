-- What the attempt was looked up under, as kind:value, personal values hashed: an import can say whom it would have hit.
alter table fraud_attempts add column list_keys text[] not null default '{}';
create index fraud_attempts_merchant_idx on fraud_attempts (merchant_id, attempted_at);

-- Counts an attempt and reads everything that was before it, in one round trip and exact under bursts: read-then-insert lets 16 of 60 parallel attempts
-- through a limit of 5. The device and the card are locked first, in sorted order (never the address, behind which a whole building would queue); the
-- attempt is stamped after the locks and counts only what was committed before it.
--
-- The budget holds for the reading, not for the locks: waiting for one's own burst is not a slow database. No table lock is waited for longer than
-- the budget, and averages and habits are left out once it is spent. What was not read is null; the attempt is counted all the same.
create function fraud_record_attempt(
  in_merchant_id text, in_livemode boolean, in_payment_id text, in_business_type text, in_amount_minor bigint, in_currency text,
  in_device_id text, in_card text, in_customer_id text, in_ip inet, in_latitude double precision, in_longitude double precision,
  in_time_zone text, in_list_kinds text[], in_list_values text[], in_budget_ms integer
) returns jsonb language plpgsql volatile
-- Restored at the end of the call: what is set in between concerns this function alone.
set lock_timeout = '2s'
-- Every statement is a few index ranges whatever the values; planning them anew would cost more than running them.
set plan_cache_mode = 'force_generic_plan' as $$
declare
  -- As the column is: compared with text, no index on it would be used.
  asked_currency constant char(3) := in_currency;
  at timestamptz;
  since timestamptz;
  deadline timestamptz;
  clock_offset interval;
  lock_name text;
  found_subjects jsonb;
  found_type jsonb;
  found_place jsonb;
  found_hours jsonb;
  found_frauds jsonb;
  found_lists jsonb;
begin
  for lock_name in
    select name from unnest(array['device:' || in_device_id, 'card:' || in_merchant_id || ':' || in_card]) as name where name is not null order by name
  loop
    perform pg_advisory_xact_lock(hashtextextended(lock_name, 0));
  end loop;
  at := clock_timestamp();
  since := at - interval '30 days';
  deadline := at + in_budget_ms * interval '1 millisecond';

  begin
    perform set_config('lock_timeout', in_budget_ms::text, true);
    -- The counts that limits rest on, and the lists, are read whatever the time: each is a few short index ranges.
    select coalesce(jsonb_object_agg(subject, counts), '{}') into found_subjects from (
      select subject, jsonb_build_object(
        'attempts5Minutes', count(*) filter (where attempted_at > at - interval '5 minutes'),
        'attempts1Hour', count(*) filter (where attempted_at > at - interval '1 hour'),
        'attempts24Hours', count(*) filter (where attempted_at > at - interval '24 hours'),
        'attempts7Days', count(*) filter (where attempted_at > at - interval '7 days'),
        'attempts30Days', count(*),
        'amountMinor24Hours', coalesce(sum(amount_minor) filter (where currency = asked_currency and attempted_at > at - interval '24 hours'), 0),
        'amounts30Days', jsonb_build_object(
          'count', count(*) filter (where currency = asked_currency),
          'sumMinor', coalesce(sum(amount_minor) filter (where currency = asked_currency), 0))) as counts
      from (
        -- 1 000 each, the newest: a hot subject costs no more than any other.
        (select 'device' as subject, attempted_at, amount_minor, currency from fraud_attempts
          where device_id = in_device_id and attempted_at > since order by attempted_at desc limit 1000)
        union all
        (select 'card', attempted_at, amount_minor, currency from fraud_attempts
          where merchant_id = in_merchant_id and card = in_card and livemode = in_livemode and attempted_at > since order by attempted_at desc limit 1000)
        union all
        (select 'customer', attempted_at, amount_minor, currency from fraud_attempts
          where customer_id = in_customer_id and attempted_at > since order by attempted_at desc limit 1000)
        union all
        (select 'ip', attempted_at, amount_minor, currency from fraud_attempts
          where merchant_id = in_merchant_id and ip = in_ip and livemode = in_livemode and attempted_at > since order by attempted_at desc limit 1000)
      ) as recent group by subject
    ) as counted;

    with matching as (
      select entry.id, entry.kind, entry.list from unnest(in_list_kinds, in_list_values) as wanted (kind, value)
        join blacklist entry on entry.merchant_id = in_merchant_id and entry.kind = wanted.kind and entry.value = wanted.value
       where entry.removed_at is null and (entry.expires_at is null or entry.expires_at > at)
      union all
      select id, kind, list from blacklist
       where in_ip is not null and network >>= in_ip and merchant_id = in_merchant_id
         and removed_at is null and network is not null and (expires_at is null or expires_at > at)
    ), hit as (
      -- Sorted and skipping what others hold: a count may miss a hit of the same instant, a payment never waits for it.
      update blacklist set hit_count = hit_count + 1, last_hit_at = at
       where id in (select id from blacklist where id in (select id from matching) order by id for update skip locked)
    )
    select coalesce(jsonb_agg(jsonb_build_object('entryId', id, 'kind', kind, 'list', list) order by id), '[]') into found_lists from matching;

    if clock_timestamp() < deadline then
      -- The business type's average stands in for an own one, so it is read only for those who have none: fewer than three amounts.
      if greatest((found_subjects #>> '{customer,amounts30Days,count}')::bigint, (found_subjects #>> '{device,amounts30Days,count}')::bigint, 0) < 3 then
        select jsonb_build_object('count', count(*), 'sumMinor', coalesce(sum(amount_minor), 0)) into found_type from (
          select amount_minor from fraud_attempts
           where merchant_id = in_merchant_id and business_type = in_business_type and currency = asked_currency and attempted_at > since
           order by attempted_at desc limit 1000) as recent;
      end if;

      select jsonb_build_object('latitude', latitude, 'longitude', longitude, 'seenAt', attempted_at) into found_place from fraud_attempts
       where device_id = in_device_id and latitude is not null and attempted_at > since order by attempted_at desc limit 1;

      if in_customer_id is not null then
        -- The offset of today holds for 30 days well enough, and a zone's name is looked up once instead of for every attempt.
        clock_offset := (at at time zone in_time_zone) - (at at time zone 'UTC');
        select jsonb_object_agg(hour, count) into found_hours from (
          select extract(hour from attempted_at at time zone 'UTC' + clock_offset)::int as hour, count(*) as count from (
            select attempted_at from fraud_attempts where customer_id = in_customer_id and attempted_at > since order by attempted_at desc limit 200
          ) as recent group by 1) as hours;
      end if;

      select jsonb_build_object(
          'count28Days', count(*) filter (where is_fraud and attempted_at > at - interval '28 days'),
          'latestRun', coalesce(min(place) filter (where not is_fraud) - 1, count(*))) into found_frauds from (
        select is_fraud, attempted_at, row_number() over (order by attempted_at desc) as place from fraud_labels
         where device_id = in_device_id and attempted_at > at - interval '60 days' and known_at <= at order by attempted_at desc limit 100) as labelled;
    end if;
  exception when lock_not_available then
    -- What was read before stays; the rest is unknown.
    null;
  end;

  insert into fraud_attempts (merchant_id, livemode, payment_id, business_type, amount_minor, currency, device_id, card, customer_id, ip, latitude, longitude, attempted_at,
    list_keys)
  values (in_merchant_id, in_livemode, in_payment_id, in_business_type, in_amount_minor, in_currency, in_device_id, in_card, in_customer_id, in_ip,
    in_latitude, in_longitude, at, array(select kind || ':' || value from unnest(in_list_kinds, in_list_values) as wanted (kind, value)));
  return jsonb_build_object('attemptedAt', at, 'subjects', found_subjects, 'businessType', found_type,
    'lastPlace', found_place, 'customerHours', found_hours, 'deviceFrauds', found_frauds, 'lists', found_lists);
end $$;
