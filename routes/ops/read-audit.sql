-- A page of the audit log, a JSON line a mutation, oldest first. Lines are in the order of their time, but for transactions that took long: it is read
-- from an hour before the time that was asked for.
select max(id) as last, coalesce(string_agg(cast(shown_mutation(line) as text) || chr(10), '' order by id), '') as lines
  from (select a as line, a.id from audit_log a
         where a.phase = 'intent' and a.id > cast(:#${exchangeProperty.after} as bigint)
           and a.id >= coalesce((select id from audit_log where at >= to_instant(:#${header.since}) - interval '1 hour' order by at limit 1), case when cast(:#${header.since} as text) is null then 0 else 9223372036854775807 end)
           and (cast(:#${header.since} as text) is null or a.at >= (select to_instant(:#${header.since})))
           and (cast(:#${header.resource} as text) is null or a.resource = :#${header.resource})
           and (cast(:#${header.operation} as text) is null or a.operation = :#${header.operation})
           and (cast(:#${header.actor} as text) is null or a.actor = :#${header.actor})
           and not exists (select from audit_log e where e.idempotency_key = a.idempotency_key and e.phase = 'intent' and e.id < a.id)
         order by a.id limit 500) page
