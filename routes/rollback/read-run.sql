-- The open run, with what came of its steps.
select r.id, r.reason, r.actor, r.release, r.to_revision, r.state, r.outcome, r.reverted_at, cast(r.preflight as text) as preflight,
       extract(epoch from now() - r.reverted_at) as since_revert,
       (select string_agg(s.step || ' ' || s.state || coalesce(' (' || s.detail || ')', ''), '; ' order by s.position) from rollback_step s where s.run = r.id and s.state not in ('pending', 'running')) as steps
  from rollback_run r
 where r.ended_at is null
