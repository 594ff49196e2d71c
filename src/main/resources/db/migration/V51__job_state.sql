-- In which state a push job is, for whoever shows one or counts them.
create function job_state(job sync_job, paused boolean) returns text language sql immutable parallel safe as $$
    select case when job.finished_at is not null then 'done' when job.wait = 'approval' then 'waiting' when paused then 'paused' when job.wait = 'counting' then 'counting'
                when job.started_at is null then 'queued' else 'running' end
$$;
