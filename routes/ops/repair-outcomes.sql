-- A tap can be lost with its process, the ledger and the steps of rollbacks cannot: what ended there and has no line in the audit log gets it
-- here. Goes on from where the last comparison ended, less ten minutes, because what ended before it may have been committed after it; and for
-- a day at most, so that it comes to its end however long no replica was there.
with looked as (
    update audit_repair r set looked_until = least(now() - interval '5 seconds', before.looked_until + interval '1 day')
      from (select looked_until from audit_repair where one for update) before where r.one
    returning before.looked_until - interval '10 minutes' as since, r.looked_until as until
), steps as (
    insert into audit_log (phase, operation, resource, idempotency_key, actor, request, outcome, attempts, duration_ms, trace)
    select 'outcome', 'rollback', s.step, s.run || ':' || s.step, r.actor, jsonb_build_object('rollback', r.id, 'detail', s.detail), s.state, 1,
           cast(extract(epoch from s.at - s.begun_at) * 1000 as bigint), trace_id(r.traceparent)
      from rollback_step s join rollback_run r on r.id = s.run
     where s.state in ('done', 'skipped', 'failed') and s.begun_at is not null and s.at between (select since from looked) and (select until from looked)
    on conflict do nothing
)
insert into audit_log (phase, operation, resource, resource_id, idempotency_key, actor, request, status, outcome, attempts, duration_ms, job, trace)
select 'outcome', o.operation, o.resource, to_bigint(o.answer -> 'data' ->> 'id'), o.key, o.actor, o.request, o.status, o.state, o.attempts,
       cast(extract(epoch from o.ended_at - o.started_at) * 1000 as bigint), o.job, o.trace
  from operation o
 where o.state in ('done', 'failed') and o.ended_at between (select since from looked) and (select until from looked)
   and not exists (select from audit_log a where a.idempotency_key = o.key and a.phase = 'outcome' and a.attempts = o.attempts)
on conflict do nothing
