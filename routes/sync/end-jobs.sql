-- Closes jobs whose rows are all done, and counts them for good. Of a job that is not done it counts what was done up to a minute ago
-- (by then whatever was going to be written with an earlier ended_at is written), and adds that to its tally, so that nobody who
-- looks has to count all of it. Answers how many jobs are not done, without those that wait for an approval.
with finished as materialized (
    select j.job from sync_job j
     where j.finished_at is null and not exists (select from sync_row r where r.job = j.job and r.state = 'open')
), counted as materialized (
    select f.job, count(*) filter (where outcome = 'created') as created, count(*) filter (where outcome = 'updated') as updated,
           count(*) filter (where outcome = 'unchanged') as unchanged, count(*) filter (where outcome = 'failed') as failed,
           count(*) filter (where r.enrolled) as enrolled, count(r.skipped) as skipped,
           count(*) filter (where outcome = 'cancelled') as cancelled, count(*) filter (where r.left_cadence) as left_cadence
      from finished f join sync_row r on r.job = f.job group by f.job
), closed as (
    update sync_job j
       set finished_at = now(), created = c.created, updated = c.updated, unchanged = c.unchanged, enrolled = c.enrolled, skipped = c.skipped, failed = c.failed, cancelled = c.cancelled, left_cadence = c.left_cadence
      from counted c
     where j.job = c.job and j.finished_at is null
    returning 1
), due as materialized (
    select j.job, j.tally, coalesce(j.tallied_to, '-infinity') as tallied_to from sync_job j
     where j.finished_at is null and coalesce(j.tallied_to, '-infinity') < now() - interval '70 seconds' and not exists (select from finished f where f.job = j.job)
       for update skip locked
), tallied as (
    update sync_job j
       set tallied_to = now() - interval '1 minute',
           tally = (select jsonb_build_object('created', tallied(d.tally, 'created') + count(*) filter (where r.outcome = 'created'),
                               'updated', tallied(d.tally, 'updated') + count(*) filter (where r.outcome = 'updated'),
                               'unchanged', tallied(d.tally, 'unchanged') + count(*) filter (where r.outcome = 'unchanged'),
                               'failed', tallied(d.tally, 'failed') + count(*) filter (where r.outcome = 'failed'),
                               'enrolled', tallied(d.tally, 'enrolled') + count(*) filter (where r.enrolled),
                               'skipped', tallied(d.tally, 'skipped') + count(r.skipped),
                               'cancelled', tallied(d.tally, 'cancelled') + count(*) filter (where r.outcome = 'cancelled'),
                               'left', tallied(d.tally, 'left') + count(*) filter (where r.left_cadence))
                      from sync_row r where r.job = d.job and r.ended_at > d.tallied_to and r.ended_at <= now() - interval '1 minute')
      from due d where j.job = d.job
)
select (select count(*) from sync_job where finished_at is null and wait is distinct from 'approval') - (select count(*) from closed) as unfinished
