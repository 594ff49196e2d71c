-- A page of the audit log about one record, whose id stands in what came of a mutation.
select max(id) as last, coalesce(string_agg(cast(shown_mutation(line) as text) || chr(10), '' order by id), '') as lines
  from (select a as line, a.id from unnest(array(select distinct idempotency_key from audit_log where resource_id = to_bigint(:#${header.id}))) about (key) join audit_log a on a.idempotency_key = about.key
         where a.phase = 'intent' and a.id > cast(:#${exchangeProperty.after} as bigint)
           and (cast(:#${header.since} as text) is null or a.at >= (select to_instant(:#${header.since})))
           and (cast(:#${header.resource} as text) is null or a.resource = :#${header.resource})
           and (cast(:#${header.operation} as text) is null or a.operation = :#${header.operation})
           and (cast(:#${header.actor} as text) is null or a.actor = :#${header.actor})
           and (cast(:#${header.job} as text) is null or a.job = to_uuid(:#${header.job}))
           and (cast(:#${header.trace} as text) is null or a.trace = lower(:#${header.trace}))
           and not exists (select from audit_log e where e.idempotency_key = a.idempotency_key and e.phase = 'intent' and e.id < a.id)
         order by a.id limit 500) page
