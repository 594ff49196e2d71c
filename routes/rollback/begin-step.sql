-- Stores that a step begins (or goes on), with its line in the audit log. False: it has ended. No row: another replica has the lease.
with held as (
    select from lease
     where name = 'rollback' and holder = cast(:#${ref:instance} as text) and fence = cast(:#${exchangeProperty.fence} as bigint) and expires_at > now()
       for update
), begun as (
    update rollback_step s set state = 'running', begun_at = coalesce(s.begun_at, now()), at = now()
      from held
     where s.run = cast(:#${exchangeProperty.run[id]} as text) and s.step = cast(:#${exchangeProperty.run[step]} as text) and s.state in ('pending', 'running')
    returning 1
), intent as (
    insert into audit_log (phase, operation, resource, idempotency_key, actor, request, attempts, trace)
    select 'intent', 'rollback', :#${exchangeProperty.run[step]}, :#${exchangeProperty.run[id]} || ':' || cast(:#${exchangeProperty.run[step]} as text), r.actor,
           jsonb_build_object('rollback', r.id, 'reason', r.reason, 'release', r.release), 1, trace_id(r.traceparent)
      from rollback_run r, begun where r.id = cast(:#${exchangeProperty.run[id]} as text)
    on conflict do nothing
)
select exists (select from begun) as begun from held
