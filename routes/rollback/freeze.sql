-- Pauses every replica. A pause that was there before stays, with who made it and why.
with before as materialized (
    select paused, by, reason from control
), frozen as (
    update control
       set paused = true, by = case when paused then by else 'rollback' end, since = case when paused then since else now() end,
           reason = case when paused then reason else 'rollback ' || cast(:#${exchangeProperty.run[id]} as text) end
)
select 'done' as state, case when paused then 'paused already by ' || coalesce(by, 'ops') || coalesce(': ' || reason, '') else 'paused' end as detail,
       null as skips, null as run, null as outcome
  from before
