-- A page of the audit log about one job.
select max(id) as last, coalesce(string_agg(cast(shown_mutation(line) as text) || chr(10), '' order by id), '') as lines
  from (select a as line, a.id from audit_log a
         where a.phase = 'intent' and a.id > cast(:#${exchangeProperty.after} as bigint)
           and a.job = to_uuid(:#${header.job})
           and (cast(:#${header.since} as text) is null or a.at >= (select to_instant(:#${header.since})))
           and (cast(:#${header.resource} as text) is null or a.resource = :#${header.resource})
           and (cast(:#${header.operation} as text) is null or a.operation = :#${header.operation})
           and (cast(:#${header.actor} as text) is null or a.actor = :#${header.actor})
           and not exists (select from audit_log e where e.idempotency_key = a.idempotency_key and e.phase = 'intent' and e.id < a.id)
         order by a.id limit 500) page
