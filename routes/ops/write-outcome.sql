-- The audit line of an outcome; written once, by the tap or by the repair, whichever comes first.
insert into audit_log (phase, operation, resource, resource_id, idempotency_key, actor, request, status, outcome, attempts, duration_ms, job, trace)
select 'outcome', operation, resource, to_bigint(answer -> 'data' ->> 'id'), key, actor, request, status, state, attempts,
       cast(extract(epoch from ended_at - started_at) * 1000 as bigint), job, trace
  from operation
 where key = :#${exchangeProperty.idempotencyKey} and state in ('done', 'failed')
on conflict do nothing
