-- A page of the audit log, a JSON line a mutation, oldest first: what was intended and, as far as it is known, what came of it.
with begun as (
    select a.* from audit_log a
     where a.phase = 'intent' and a.id > cast(:#${exchangeProperty.after} as bigint)
       and not exists (select from audit_log e where e.idempotency_key = a.idempotency_key and e.phase = 'intent' and e.id < a.id)
       and (cast(:#${header.since} as text) is null or a.at >= to_instant(:#${header.since}))
       and (cast(:#${header.resource} as text) is null or a.resource = :#${header.resource})
       and (cast(:#${header.operation} as text) is null or a.operation = :#${header.operation})
       and (cast(:#${header.actor} as text) is null or a.actor = :#${header.actor})
       and (cast(:#${header.job} as text) is null or cast(a.job as text) = lower(:#${header.job}))
       and (cast(:#${header.trace} as text) is null or a.idempotency_key in (select t.idempotency_key from audit_log t where t.trace = lower(:#${header.trace})))
       and (cast(:#${header.id} as text) is null or a.idempotency_key in (select o.idempotency_key from audit_log o where cast(o.resource_id as text) = :#${header.id}))
     order by a.id limit 500
)
select max(b.id) as last, coalesce(string_agg(cast(json_build_object('at', b.at, 'operation', coalesce(o.operation, b.operation), 'resource', b.resource, 'resourceId', o.resource_id,
           'idempotencyKey', b.idempotency_key, 'job', b.job, 'trace', coalesce(o.trace, b.trace), 'actor', b.actor, 'request', coalesce(o.request, b.request), 'status', o.status, 'outcome', o.outcome,
           'attempts', coalesce(o.attempts, (select max(i.attempts) from audit_log i where i.idempotency_key = b.idempotency_key and i.phase = 'intent')), 'durationMs', o.duration_ms) as text) || chr(10), '' order by b.id), '') as lines
  from begun b
  left join lateral (select * from audit_log o where o.idempotency_key = b.idempotency_key and o.phase = 'outcome' order by o.id desc limit 1) o on true
