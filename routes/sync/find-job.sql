-- Whether there is this job.
select count(*) as found from sync_job where cast(job as text) = lower(:#${header.job})
