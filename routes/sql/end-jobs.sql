-- Closes jobs whose rows are all done, and counts them for good; counts none that is not.
with finished as materialized (
    select j.job from sync_job j
     where j.finished_at is null and not exists (select from sync_row r where r.job = j.job and r.state = 'open')
), counted as materialized (
    select f.job, count(*) filter (where outcome = 'created') as created, count(*) filter (where outcome = 'updated') as updated,
           count(*) filter (where outcome = 'unchanged') as unchanged, count(*) filter (where outcome = 'failed') as failed,
           count(*) filter (where r.enrolled) as enrolled, count(r.skipped) as skipped
      from finished f join sync_row r on r.job = f.job group by f.job
)
update sync_job j
   set finished_at = now(), created = c.created, updated = c.updated, unchanged = c.unchanged, enrolled = c.enrolled, skipped = c.skipped, failed = c.failed
  from counted c
 where j.job = c.job and j.finished_at is null
