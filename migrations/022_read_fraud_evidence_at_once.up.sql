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

-- Counts an attempt and reads everything that was before it, in one round trip and exact under bursts: read-then-insert lets 16 of 60 parallel attempts
-- through a limit of 5. The caller holds the locks of the device and the card (attempts.repository.ts), so that the attempt is stamped after them and counts
-- only what was committed before it.
--
-- The caller has also set statement_timeout to what the reading may take, waits for tables included. Running into it ends the reading and not the payment:
-- what was read before stays, the rest is null, and the attempt is not counted yet. The timer goes off once a statement, so the caller then asks again
-- without reading, to count only, which may be cut off as well. When the attempt is counted, the timeout is again that of the session.
--
-- It answers with rows and with counts by age; windows, averages and a model's inputs are made of them by the caller (past-attempts.ts). Each index is read
-- once, and what PostgreSQL prepares for every statement of every expression in it is most of the cost: counting each window here took 0.33 ms
-- instead of 0.13.
--
-- It runs as the owner of the tables, past the policies of tenancy, which would cost as much as the counts; so it holds that wall itself.
create function fraud_record_attempt(
  in_merchant_id text, in_livemode boolean, in_payment_id text, in_business_type text, in_amount_minor bigint, in_currency text,
  in_device_id text, in_card text, in_customer_id text, in_ip inet, in_latitude double precision, in_longitude double precision,
  in_list_kinds text[], in_list_values text[], in_reads boolean, in_comparing_ms integer, in_reads_type_average boolean,
  -- For a past that is replayed: by default now, after the locks.
  in_attempted_at timestamptz default null
) returns json language plpgsql volatile security definer set search_path = public, pg_temp
-- Every statement is a few index ranges whatever the values; planning them anew would cost more than running them.
set plan_cache_mode = 'force_generic_plan' as $$
declare
  -- As the column is: compared with text, no index on it would be used.
  asked_currency constant char(3) := in_currency;
  at constant timestamptz := coalesce(in_attempted_at, clock_timestamp());
  since constant timestamptz := at - interval '30 days';
  -- The models look back to 30 days before what can be known by now.
  device_since constant timestamptz := at - interval '37 days';
  -- Where the spans 1 … 8 begin (SPANS in past-attempts.ts). An attempt as old as a span is long is not in it any more, which a microsecond says.
  later constant timestamptz := at + interval '1 microsecond';
  spans constant timestamptz[] := array[
    later - interval '30 days', later - interval '28 days', later - interval '14 days', later - interval '8 days', later - interval '7 days',
    later - interval '24 hours', later - interval '1 hour', later - interval '5 minutes'];
  -- What is only compared with is left out once this has passed, before anything is cut off.
  deadline constant timestamptz := clock_timestamp() + in_comparing_ms * interval '1 millisecond';
  is_counted boolean := true;
  found_lists json;
  found_counts json;
  found_customer json;
  found_type json;
  found_place json;
  found_labels json;
begin
  -- Without a role the caller is the owner itself, whom the policies do not bind either.
  if current_setting('role') <> 'none' and coalesce(current_setting('upp.merchant_id', true), '') not in ('*', in_merchant_id) then
    raise exception 'not for this merchant' using errcode = 'insufficient_privilege';
  end if;
  begin
    if in_reads then
      -- In the order of worth: first what decides alone, then what limits rest on, then what is compared.
      select coalesce(json_agg(json_build_object('entryId', id, 'kind', kind, 'list', list, 'mode', mode) order by id), '[]') into found_lists from (
        select entry.id, entry.kind, entry.list, entry.mode from unnest(in_list_kinds, in_list_values) as wanted (kind, value)
          join blacklist entry on entry.merchant_id = in_merchant_id and entry.kind = wanted.kind and entry.value = wanted.value
         where entry.removed_at is null and (entry.expires_at is null or entry.expires_at > at)
        union all
        select id, kind, list, mode from blacklist
         where network >>= in_ip and merchant_id = in_merchant_id
           and removed_at is null and network is not null and (expires_at is null or expires_at > at)) as matching;
      if json_array_length(found_lists) > 0 then
        -- Sorted and skipping what others hold: a count may miss a hit of the same instant, a payment never waits for it.
        update blacklist set hit_count = hit_count + 1, last_hit_at = at
         where id in (select id from blacklist where id in (select value ->> 'entryId' from json_array_elements(found_lists) as hit (value))
                       order by id for update skip locked);
      end if;

      -- The newest of each: a hot subject costs no more than any other.
      select coalesce(json_agg(json_build_array(subject, span, attempts, same, sum_minor)), '[]') into found_counts from (
        select subject, width_bucket(attempted_at, spans) as span, count(*) as attempts, count(same_minor) as same, sum(same_minor) as sum_minor from (
          (select 0 as subject, attempted_at, case when currency = asked_currency then amount_minor::double precision end as same_minor from fraud_attempts
            where device_id = in_device_id and merchant_id = in_merchant_id and livemode = in_livemode and attempted_at > device_since
            order by attempted_at desc limit 5000)
          union all
          (select 1, attempted_at, case when currency = asked_currency then amount_minor::double precision end from fraud_attempts
            where card = in_card and merchant_id = in_merchant_id and livemode = in_livemode and attempted_at > since order by attempted_at desc limit 1000)
          union all
          (select 2, attempted_at, case when currency = asked_currency then amount_minor::double precision end from fraud_attempts
            where ip = in_ip and merchant_id = in_merchant_id and livemode = in_livemode and attempted_at > since order by attempted_at desc limit 1000)
        ) as recent group by subject, span) as counted;

      -- A customer's are few, and looked at one by one: seconds ago, and minor units if in the currency asked for.
      select coalesce(json_agg(json_build_array(date_part('epoch', at - attempted_at), same_minor)), '[]') into found_customer from (
        select attempted_at, case when currency = asked_currency then amount_minor::double precision end as same_minor from fraud_attempts
         where customer_id = in_customer_id and merchant_id = in_merchant_id and livemode = in_livemode and attempted_at > since
         order by attempted_at desc limit 1000) as recent;

      if clock_timestamp() < deadline then
        if in_reads_type_average then
          select json_build_object('count', count(*), 'sumMinor', coalesce(sum(amount_minor), 0)) into found_type from (
            select amount_minor from fraud_attempts
             where merchant_id = in_merchant_id and business_type = in_business_type and currency = asked_currency and attempted_at > since
             order by attempted_at desc limit 1000) as recent;
        end if;

        if in_latitude is not null then
          select json_build_object('latitude', latitude, 'longitude', longitude, 'seenAt', attempted_at) into found_place from fraud_attempts
           where device_id = in_device_id and merchant_id = in_merchant_id and livemode = in_livemode and latitude is not null and attempted_at > since
           order by attempted_at desc limit 1;
        end if;

        -- Of nearly every device nothing is known.
        found_labels := '{}';
        if exists (
          select from fraud_labels
           where device_id = in_device_id and merchant_id = in_merchant_id and attempted_at > at - interval '60 days' and known_at <= at
        ) then
          found_labels := fraud_device_labels(in_merchant_id, in_livemode, in_device_id, at);
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
  return json_build_object('attemptedAt', at, 'isCounted', is_counted, 'lists', found_lists, 'counts', found_counts, 'customer', found_customer,
    'businessType', found_type, 'lastPlace', found_place, 'labels', found_labels);
end $$;
