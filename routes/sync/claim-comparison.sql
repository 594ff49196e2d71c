-- The resource whose comparison is open or due, one at a time and only within the hours given (UTC). No row: none.
with due as (
    select resource
      from due_comparison(cast(:#${properties:salesloft.sync-resources} as text), cast(:#${properties:salesloft.compare-hours} as text)) as resource
     where resource is not null
)
insert into comparison as k (resource, run_started_at)
select resource, now() from due
on conflict (resource) do update
   set run_started_at = coalesce(k.run_started_at, now()),
       after_id = case when k.run_started_at is null then 0 else k.after_id end,
       error = null
returning resource
