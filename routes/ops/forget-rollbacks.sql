-- Old rollbacks with their steps, but for the last one; and old drills, but for the last one of each kind.
with old as (
    select id from rollback_run r
     where ended_at < now() - cast(:#${ref:keep-rollbacks} as interval) and exists (select from rollback_run later where later.started_at > r.started_at)
     order by ended_at limit 1000
), steps as (
    delete from rollback_step s using old where s.run = old.id
), runs as (
    delete from rollback_run r using old where r.id = old.id returning 1
), drills as (
    delete from drill d
     where ended_at < now() - cast(:#${ref:keep-rollbacks} as interval) and exists (select from drill later where later.name = d.name and later.ended_at > d.ended_at)
    returning 1
)
select (select count(*) from runs) + (select count(*) from drills) as forgotten
