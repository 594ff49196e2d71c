-- The open run, its next step, and what came of those before. Steps of a newer release, which this one does not know, are left alone: a run
-- that lacks nothing else ends.
with over as (
    update rollback_run r set ended_at = now(), state = coalesce(outcome, 'failed')
     where ended_at is null and not exists (select from rollback_step s where s.run = r.id and s.state in ('pending', 'running') and s.step = any (string_to_array(cast(:#${ref:rollback-order} as text), ',')))
    returning id
)
select r.id, next.step, coalesce(cast(extract(epoch from now() - next.begun_at) as integer), 0) as seconds,
       r.reason, r.actor, r.release, substring(r.release from '[+]([0-9a-f]+)[.]') as commit, r.to_revision, r.state, r.outcome, r.reverted_at, coalesce(r.traceparent, traceparent_of(r.id)) as traceparent, cast(r.preflight as text) as preflight,
       (select string_agg(s.step || ' ' || s.state || coalesce(' (' || s.detail || ')', ''), '; ' order by s.position) from rollback_step s where s.run = r.id and s.state not in ('pending', 'running')) as steps
  from rollback_run r,
       lateral (select * from rollback_step s
                 where s.run = r.id and s.state in ('pending', 'running') and s.step = any (string_to_array(cast(:#${ref:rollback-order} as text), ','))
                 order by s.position limit 1) next
 where r.ended_at is null
