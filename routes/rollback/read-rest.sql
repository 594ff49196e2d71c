-- Whether pulls and pushes are at rest, as the step's result; and the pause is made again, should somebody have taken it back. No row: some
-- are not at rest, and may still come to it.
with paused as (
    update control set paused = true, by = 'rollback', reason = 'rollback ' || cast(:#${exchangeProperty.run[id]} as text), since = now() where not paused
)
select 'done' as state, case when busy.names is null then 'pulls and pushes stopped at their checkpoints and stay paused' else 'paused; not yet at rest: ' || busy.names end as detail,
       null as skips, null as run, null as outcome
  from rollback_step s,
       (select string_agg(name, ', ' order by name) as names
          from (select name from lease where name like 'pull:%' and holder <> '' and expires_at > now()
                 union all
                select 'push' where exists (select from sync_row where state = 'open' and holder is not null and is_held(holder, fence))) working) busy
 where s.run = cast(:#${exchangeProperty.run[id]} as text) and s.step = cast(:#${exchangeProperty.run[step]} as text)
   and (busy.names is null or now() - s.begun_at > make_interval(secs => cast(:#${ref:rollback-pause-longest} as integer)))
