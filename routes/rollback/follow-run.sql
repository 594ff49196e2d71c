-- The state of the run that was begun or joined, and whether it is over: it has ended, and its notices were delivered, or half a minute has
-- passed; what is left goes out when a container runs again.
select r.state,
       r.ended_at is not null and (r.ended_at < now() - interval '30 seconds'
           or not exists (select from notice n where n.state = 'waiting' and n.id in ('rollback-begun-' || r.id, 'rollback-ended-' || r.id))) as over
  from rollback_run r
 where r.id = cast(:#${header.begun[id]} as text)
