-- A page of the audit log, a JSON line a mutation, oldest first; with a limit the newest, newest first, of which there is one page. What is not asked for
-- is left out of the plan, which PostgreSQL makes anew at each call: each filter is found by an index, together with others that narrow it down. Lines
-- are in the order of their time, but for transactions that took long: with since alone the log is read from an hour before it. The id of a record that
-- is created stands in the outcome only. A mutation that was tried in several traces is shown as the trace that was asked for tried it first.
select case when cast(:#${header.limit} as integer) is null then max(id) else 9223372036854775807 end as last,
       coalesce(string_agg(cast(shown_mutation(line) as text) || chr(10), '' order by case when cast(:#${header.limit} as integer) is null then id else -id end), '') as lines
  from (select a as line, a.id from audit_log a
         where a.phase = 'intent' and a.id > cast(:#${exchangeProperty.after} as bigint)
           and (cast(:#${header.since} as text) is null or a.at >= (select to_instant(:#${header.since}))
                and a.id >= coalesce((select id from audit_log where at >= to_instant(:#${header.since}) - interval '1 hour' order by at limit 1), 9223372036854775807))
           and (cast(:#${header.id} as text) is null or a.idempotency_key = any (array(select idempotency_key from audit_log where resource_id = to_bigint(:#${header.id}))))
           and (cast(:#${header.resource} as text) is null or a.resource = :#${header.resource})
           and (cast(:#${header.operation} as text) is null or a.operation = :#${header.operation})
           and (cast(:#${header.actor} as text) is null or a.actor = :#${header.actor})
           and (cast(:#${header.job} as text) is null or a.job = to_uuid(:#${header.job}))
           and (cast(:#${header.trace} as text) is null or a.trace = lower(:#${header.trace}))
           and not exists (select from audit_log e where e.idempotency_key = a.idempotency_key and e.phase = 'intent' and e.id < a.id
                              and (cast(:#${header.trace} as text) is null or e.trace = a.trace))
         order by case when cast(:#${header.limit} as integer) is null then a.id end, a.id desc limit coalesce(cast(:#${header.limit} as integer), 500)) page
