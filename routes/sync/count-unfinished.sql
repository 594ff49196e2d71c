-- How many jobs are not done.
select count(*) as unfinished from sync_job where finished_at is null
