-- What the attempt was looked up under, as kind:value, personal values hashed: an import can say whom it would have hit.
alter table fraud_attempts add column list_keys text[] not null default '{}';

-- Counts come from the indexes alone; a row on the heap costs five times as much (150 earlier attempts: 224 µs and 51 µs). Merchant and mode are in them
-- because nobody's counts may hold another's attempts.
drop index fraud_attempts_device_idx, fraud_attempts_card_idx, fraud_attempts_customer_idx, fraud_attempts_ip_idx, fraud_attempts_type_idx;
create index fraud_attempts_device_idx on fraud_attempts (device_id, merchant_id, livemode, attempted_at) include (amount_minor, currency);
create index fraud_attempts_card_idx on fraud_attempts (card, merchant_id, livemode, attempted_at) include (amount_minor, currency) where card is not null;
create index fraud_attempts_customer_idx on fraud_attempts (customer_id, merchant_id, livemode, attempted_at) include (amount_minor, currency)
  where customer_id is not null;
create index fraud_attempts_ip_idx on fraud_attempts (ip, merchant_id, livemode, attempted_at) include (amount_minor, currency) where ip is not null;
create index fraud_attempts_type_idx on fraud_attempts (merchant_id, business_type, currency, attempted_at) include (amount_minor);
create index fraud_attempts_place_idx on fraud_attempts (device_id, merchant_id, livemode, attempted_at) where latitude is not null;
-- For ranges of days: rows lie in the order of time.
create index fraud_attempts_time_idx on fraud_attempts using brin (attempted_at);
-- An index answers alone only for pages that have been vacuumed: after each 2 % of new rows instead of 20 %.
alter table fraud_attempts set (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_vacuum_insert_threshold = 5000);

-- For functions that run as the owner of the tables: refuses to work for a merchant whose rows the caller could not see.
create function assert_tenant(in_merchant_id text) returns void language plpgsql stable as $$
begin
  -- Without a role the caller is the owner itself, whom the policies do not bind either.
  if current_setting('role') <> 'none' and coalesce(current_setting('upp.merchant_id', true), '') not in ('*', in_merchant_id) then
    raise exception 'not for this merchant' using errcode = 'insufficient_privilege';
  end if;
end $$;

-- Counts an attempt and reads everything that was before it, in one round trip and exact under bursts: read-then-insert lets 16 of 60 parallel attempts
-- through a limit of 5. The caller holds the locks of the device and the card (fraud.repository.ts), so that the attempt is stamped after them and counts
-- only what was committed before it.
--
-- The caller has also set statement_timeout to what the reading may take, waits for tables included. Running into it ends the reading and not the payment:
-- what was read before stays, the rest is null, and the attempt is not counted yet. The timer goes off once a statement, so the caller then asks again
-- without reading, to count only, which may be cut off as well. When the attempt is counted, the timeout is again that of the session.
--
-- It runs as the owner of the tables, past the policies of tenancy, which would cost as much as the counts; so it holds that wall itself.
create function fraud_record_attempt(
  in_merchant_id text, in_livemode boolean, in_payment_id text, in_business_type text, in_amount_minor bigint, in_currency text,
  in_device_id text, in_card text, in_customer_id text, in_ip inet, in_latitude double precision, in_longitude double precision,
  in_time_zone text, in_list_kinds text[], in_list_values text[], in_reads boolean, in_comparing_ms integer, in_reads_type_average boolean, in_reads_model_inputs boolean
) returns jsonb language plpgsql volatile security definer set search_path = public, pg_temp
-- Every statement is a few index ranges whatever the values; planning them anew would cost more than running them.
set plan_cache_mode = 'force_generic_plan' as $$
declare
  -- As the column is: compared with text, no index on it would be used.
  asked_currency constant char(3) := in_currency;
  at constant timestamptz := clock_timestamp();
  since constant timestamptz := at - interval '30 days';
  -- Averages and habits are left out once this has passed, before anything is cut off.
  deadline constant timestamptz := at + in_comparing_ms * interval '1 millisecond';
  clock_offset interval;
  is_counted boolean := true;
  found_subjects jsonb;
  found_type jsonb;
  found_place jsonb;
  found_hours jsonb;
  found_frauds jsonb;
  found_lists jsonb;
  found_model jsonb;
begin
  perform assert_tenant(in_merchant_id);
  begin
    if in_reads then
      -- In the order of worth: first what decides alone, then what limits rest on, then what is compared.
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
            where device_id = in_device_id and merchant_id = in_merchant_id and livemode = in_livemode and attempted_at > since order by attempted_at desc limit 1000)
          union all
          (select 'card', attempted_at, amount_minor, currency from fraud_attempts
            where card = in_card and merchant_id = in_merchant_id and livemode = in_livemode and attempted_at > since order by attempted_at desc limit 1000)
          union all
          (select 'customer', attempted_at, amount_minor, currency from fraud_attempts
            where customer_id = in_customer_id and merchant_id = in_merchant_id and livemode = in_livemode and attempted_at > since order by attempted_at desc limit 1000)
          union all
          (select 'ip', attempted_at, amount_minor, currency from fraud_attempts
            where ip = in_ip and merchant_id = in_merchant_id and livemode = in_livemode and attempted_at > since order by attempted_at desc limit 1000)
        ) as recent group by subject
      ) as counted;

      if clock_timestamp() < deadline then
        if in_reads_type_average then
          select jsonb_build_object('count', count(*), 'sumMinor', coalesce(sum(amount_minor), 0)) into found_type from (
            select amount_minor from fraud_attempts
             where merchant_id = in_merchant_id and business_type = in_business_type and currency = asked_currency and attempted_at > since
             order by attempted_at desc limit 1000) as recent;
        end if;

        if in_latitude is not null then
          select jsonb_build_object('latitude', latitude, 'longitude', longitude, 'seenAt', attempted_at) into found_place from fraud_attempts
           where device_id = in_device_id and merchant_id = in_merchant_id and livemode = in_livemode and latitude is not null and attempted_at > since
           order by attempted_at desc limit 1;
        end if;

        if found_subjects ? 'customer' then
          -- The offset of today holds for 30 days well enough, and a zone's name is looked up once instead of for every attempt.
          clock_offset := (at at time zone in_time_zone) - (at at time zone 'UTC');
          select jsonb_object_agg(hour, count) into found_hours from (
            select extract(hour from attempted_at at time zone 'UTC' + clock_offset)::int as hour, count(*) as count from (
              select attempted_at from fraud_attempts
               where customer_id = in_customer_id and merchant_id = in_merchant_id and livemode = in_livemode and attempted_at > since
               order by attempted_at desc limit 200
            ) as recent group by 1) as hours;
        end if;

        select jsonb_build_object(
            'count28Days', count(*) filter (where is_fraud and attempted_at > at - interval '28 days'),
            'latestRun', coalesce(min(place) filter (where not is_fraud) - 1, count(*))) into found_frauds from (
          select is_fraud, attempted_at, row_number() over (order by attempted_at desc) as place from fraud_labels
           where device_id = in_device_id and merchant_id = in_merchant_id and attempted_at > at - interval '60 days' and known_at <= at
           order by attempted_at desc limit 100) as labelled;

        if in_reads_model_inputs then
          found_model := fraud_model_inputs(in_merchant_id, in_livemode, in_device_id, in_customer_id, in_currency, at);
        end if;
      end if;
    end if;

    insert into fraud_attempts (merchant_id, livemode, payment_id, business_type, amount_minor, currency, device_id, card, customer_id, ip, latitude, longitude,
      attempted_at, list_keys)
    values (in_merchant_id, in_livemode, in_payment_id, in_business_type, in_amount_minor, in_currency, in_device_id, in_card, in_customer_id, in_ip,
      in_latitude, in_longitude, at, array(select kind || ':' || value from unnest(in_list_kinds, in_list_values) as wanted (kind, value)));
    set local statement_timeout to default;
  exception when query_canceled or lock_not_available then
    is_counted := false;
    if not in_reads then
      set local statement_timeout to default;
    end if;
  end;
  return jsonb_build_object('attemptedAt', at, 'isCounted', is_counted, 'subjects', found_subjects, 'businessType', found_type,
    'lastPlace', found_place, 'customerHours', found_hours, 'deviceFrauds', found_frauds, 'lists', found_lists, 'model', found_model);
end $$;
