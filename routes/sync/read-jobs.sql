-- The newest hundred jobs, or the one asked for, as JSON. Of one that is not done only the rows are counted that end-jobs.sql
-- has not. The rate is that of the last minute.
with job as (
    select j.*, job_state(j, (select paused from control)) as state from sync_job j
     where cast(:#${header.job} as text) is null or cast(j.job as text) = lower(:#${header.job})
     order by at desc limit 100
), counted as (
    select j.*, coalesce(j.created, tallied(j.tally, 'created') + c.created) as n_created, coalesce(j.updated, tallied(j.tally, 'updated') + c.updated) as n_updated, coalesce(j.unchanged, tallied(j.tally, 'unchanged') + c.unchanged) as n_unchanged,
           coalesce(j.failed, tallied(j.tally, 'failed') + c.failed) as n_failed, coalesce(j.enrolled, tallied(j.tally, 'enrolled') + c.enrolled) as n_enrolled, coalesce(j.skipped, tallied(j.tally, 'skipped') + c.skipped) as n_skipped,
           coalesce(j.cancelled, case when j.finished_at is null then tallied(j.tally, 'cancelled') + c.cancelled else 0 end) as n_cancelled, coalesce(j.left_cadence, case when j.finished_at is null then tallied(j.tally, 'left') + c.left_cadence else 0 end) as n_left,
           case when j.finished_at is not null then round(j.total / greatest(0.001, extract(epoch from j.finished_at - coalesce(j.started_at, j.at))), 1)
                else round(c.recent / greatest(1.0, least(60.0, extract(epoch from now() - coalesce(j.started_at, j.at)))), 1) end as rate,
           j.total - c.done - tallied(j.tally, 'created') - tallied(j.tally, 'updated') - tallied(j.tally, 'unchanged') - tallied(j.tally, 'failed') - tallied(j.tally, 'cancelled') as remaining
      from job j, lateral (
           select count(*) filter (where outcome = 'created') as created, count(*) filter (where outcome = 'updated') as updated,
                  count(*) filter (where outcome = 'unchanged') as unchanged, count(*) filter (where outcome = 'failed') as failed,
                  count(*) filter (where r.enrolled) as enrolled, count(r.skipped) as skipped, count(*) filter (where outcome = 'cancelled') as cancelled, count(*) filter (where r.left_cadence) as left_cadence, count(r.ended_at) as done,
                  count(*) filter (where r.ended_at > now() - interval '1 minute') as recent
             from sync_row r where r.job = j.job and j.finished_at is null and r.ended_at > coalesce(j.tallied_to, '-infinity') and r.ended_at < 'infinity') c
), answer as (
    select at, json_build_object('job', job, 'object', object, 'state', state, 'total', total, 'created', n_created, 'updated', n_updated, 'unchanged', n_unchanged,
               'enrolled', n_enrolled, 'skipped', n_skipped, 'left', n_left, 'failed', n_failed, 'cancelled', n_cancelled, 'rowsPerSecond', rate,
               'etaSeconds', case when state = 'done' then 0 when rate > 0 then ceil(remaining / rate) end,
               'wouldChange', would_change, 'waits', case when state = 'waiting' then 'it would change ' || would_change || ' rows, more than ' || approve_above || ' (PUSH_APPROVE_ABOVE): approve it, or cancel it'
                                                                         when state = 'counting' then 'its rows are counted: with more than ' || approve_above || ' that would change something (PUSH_APPROVE_ABOVE) it waits for an approval' end,
               'approved', approved_at, 'approvedBy', approved_by, 'cancelledAt', cancelled_at, 'dryRun', dry_run, 'onExisting', on_existing, 'by', actor, 'trace', trace_id(traceparent), 'at', at, 'started', started_at, 'finished', finished_at) as document
      from counted
)
select coalesce(cast(case when cast(:#${header.job} as text) is null then json_agg(document order by at desc) else json_agg(document) -> 0 end as text), '[]') as jobs from answer
