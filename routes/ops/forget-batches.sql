-- Batches of rows that went to SalesLoft by a bulk job, once their job is gone.
with old as (
    select id from push_batch b where ended_at < now() - cast(:#${ref:keep-batches} as interval) and not exists (select from sync_job j where j.job = b.job) order by ended_at limit 1000
), forgotten as (
    delete from push_batch b using old where b.id = old.id returning 1
)
select count(*) as forgotten from forgotten
