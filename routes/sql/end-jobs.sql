-- Closes jobs whose rows are all done, and counts them for good.
update sync_job j
   set finished_at = now(), created = c.created, updated = c.updated, unchanged = c.unchanged, enrolled = c.enrolled, skipped = c.skipped, failed = c.failed
  from sync_job unfinished, lateral (
       select count(*) filter (where outcome = 'created') as created, count(*) filter (where outcome = 'updated') as updated,
              count(*) filter (where outcome = 'unchanged') as unchanged, count(*) filter (where outcome = 'failed') as failed,
              count(*) filter (where r.enrolled) as enrolled, count(r.skipped) as skipped
         from sync_row r where r.job = unfinished.job) c
 where j.job = unfinished.job and unfinished.finished_at is null
   and not exists (select from sync_row r where r.job = unfinished.job and r.state = 'open')
