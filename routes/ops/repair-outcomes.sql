-- A tap can be lost with its process, the ledger cannot: what ended in the ledger and has no line in the audit gets it here.
insert into audit_log (phase, operation, resource, resource_id, idempotency_key, actor, request, status, outcome, attempts, duration_ms, job)
select 'outcome', o.operation, o.resource, to_bigint(o.answer -> 'data' ->> 'id'), o.key, o.actor, o.request, o.status, o.state, o.attempts,
       cast(extract(epoch from o.ended_at - o.started_at) * 1000 as bigint), o.job
  from operation o
 where o.state in ('done', 'failed')
   and o.ended_at between now() - interval '7 days' and now() - interval '5 seconds'
   and not exists (select from audit_log a where a.idempotency_key = o.key and a.phase = 'outcome' and a.attempts = o.attempts)
on conflict do nothing
