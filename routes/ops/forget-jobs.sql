-- Jobs that were done a while ago: first their rows are deleted, some at a time, and then the jobs.
with old as (
    select job from sync_job where finished_at < now() - cast(:#${ref:keep-jobs} as interval) order by finished_at limit 10
), rows as (
    delete from sync_row where seq in (select r.seq from sync_row r join old on old.job = r.job limit 2000) returning 1
), jobs as (
    delete from sync_job j using old where j.job = old.job and not exists (select from sync_row r where r.job = j.job) returning 1
), leases as (
    delete from lease where name like 'push:%' and expires_at < now() - interval '1 day'
)
select (select count(*) from rows) + (select count(*) from jobs) as forgotten
