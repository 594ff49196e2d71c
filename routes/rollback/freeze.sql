-- Pauses every replica, unless the statement that began the run has done so; a pause that was there before stays, with who made it and why.
-- No row: another replica has the lease.
with held as (
    select from lease
     where name = 'rollback' and holder = cast(:#${ref:instance} as text) and fence = cast(:#${exchangeProperty.fence} as bigint) and expires_at > now()
       for update
), frozen as (
    update control set paused = true, by = 'rollback', reason = 'rollback ' || cast(:#${exchangeProperty.run[id]} as text), since = now() from held where not paused
)
select 'done' as state, case when c.by is null or c.by = 'rollback' or not c.paused then 'paused' else 'paused already by ' || c.by end as detail,
       null as skips, null as run, null as outcome
  from control c, held
