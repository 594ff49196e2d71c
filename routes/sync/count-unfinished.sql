-- How many jobs are not done, without those that wait for an approval.
select count(*) as unfinished from sync_job where finished_at is null and wait is distinct from 'approval'
