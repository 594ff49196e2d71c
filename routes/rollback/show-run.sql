-- A rollback, the latest unless one is named, and its steps in their order.
select cast(row_to_json(shown) as text) as run
  from (select r.id as rollback, r.state, r.reason, r.actor as by, r.platform, r.release, r.started_at as "startedAt", r.ended_at as "endedAt",
               (select json_agg(json_build_object('step', s.step, 'state', s.state, 'at', s.at, 'detail', s.detail) order by s.position)
                  from rollback_step s where s.run = r.id) as steps
          from rollback_run r
         where r.id = coalesce(cast(:#${header.id} as text), r.id)
         order by r.started_at desc limit 1) shown
