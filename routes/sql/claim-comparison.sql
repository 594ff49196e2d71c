-- The resource whose comparison is open or due, one at a time and only within the hours given (UTC). No row: none.
with allowed as (
    select cast(split_part(hours, '-', 1) as time) as opens, cast(split_part(hours, '-', 2) as time) as closes,
           cast(now() at time zone 'UTC' as time) as clock
      from (select cast(:#${properties:salesloft.compare-hours} as text) as hours) setting
), due as (
    select c.resource
      from sync_cursor c left join comparison k on k.resource = c.resource, allowed a, control
     where c.finished_at is not null and c.path is not null and not control.paused
       and c.resource = any(string_to_array(cast(:#${properties:salesloft.sync-resources} as text), ','))
       and (k.resource is null or k.next_run_at <= now())
       and case when a.opens <= a.closes then a.clock >= a.opens and a.clock < a.closes else a.clock >= a.opens or a.clock < a.closes end
     order by k.run_started_at nulls last, k.next_run_at nulls first, c.resource
     limit 1
)
insert into comparison as k (resource, run_started_at)
select resource, now() from due
on conflict (resource) do update
   set run_started_at = coalesce(k.run_started_at, now()),
       after_id = case when k.run_started_at is null then 0 else k.after_id end,
       error = null
returning resource
