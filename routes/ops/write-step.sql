-- The audit line of a step of a rollback, as its row has it; written once, by the tap or by the repair, whichever comes first.
insert into audit_log (phase, operation, resource, idempotency_key, actor, request, outcome, attempts, duration_ms, trace)
select 'outcome', 'rollback', s.step, s.run || ':' || s.step, r.actor, jsonb_build_object('rollback', r.id, 'detail', s.detail), s.state, 1,
       cast(extract(epoch from s.at - s.begun_at) * 1000 as bigint), trace_id(r.traceparent)
  from rollback_step s join rollback_run r on r.id = s.run
 where s.run = cast(:#${exchangeProperty.run[id]} as text) and s.step = cast(:#${exchangeProperty.run[step]} as text)
on conflict do nothing
