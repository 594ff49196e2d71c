-- The run that was begun or joined: its state, whether it is over, and the whole of it. Over is a run that has ended, once its notices were
-- delivered, or half a minute later: what is left goes out when a container runs again.
select r.state,
       r.ended_at is not null and (r.ended_at < now() - interval '30 seconds'
           or not exists (select from notice n where n.state = 'waiting' and n.id in ('rollback-begun-' || r.id, 'rollback-ended-' || r.id))) as over,
       cast(json_build_object('rollback', r.id, 'state', r.state, 'reason', r.reason, 'by', r.actor, 'release', r.release,
           'steps', (select json_agg(json_build_object('step', s.step, 'state', s.state, 'at', s.at, 'detail', s.detail) order by s.position) from rollback_step s where s.run = r.id)) as text) as run
  from rollback_run r
 where r.id = cast(:#${header.begun[id]} as text)
