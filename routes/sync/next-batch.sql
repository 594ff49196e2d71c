-- The batch whose next step is due longest, with what the step needs. No row: there is none, or another replica has the lease, or everything is
-- paused. One that gathers is due when it has not grown for two seconds and no worker has a row of its job in hand.
-- Of the rows that were gathered some may not be the batch's any more (lost): erased, cancelled, or done elsewhere. newest: a bulk job that is older than
-- the one whose making is in doubt.
with gate as materialized (
    select 1 from lease, control
     where name = 'push-bulk' and holder = cast(:#${ref:instance} as text) and fence = cast(:#${exchangeProperty.fence} as bigint) and not paused
), due as materialized (
    select b.*, b.name || '/' || b.try as bulk_name from gate, push_batch b
     where b.state <> 'done' and b.next_at <= now()
       and (b.state <> 'gather' or not exists (select from sync_row r where r.holder is not null and r.job = b.job and r.state = 'open' and is_held(r.holder, r.fence)))
     order by b.next_at, b.id limit 1
)
select b.id, cast(b.job as text) as job, b.state, b.bulk_name as name, b.bulk_name || ':' || b.state as key, b.try, b.bulk_job, b.waits, b.last_result, b.records,
       b.state in ('wait', 'read') and b.parked_until <= now() as overdue,
       j.cancelled_at is not null and (b.state in ('gather', 'create', 'upload') or b.state = 'start' and o.key is null) as cancelled,
       coalesce(j.actor, 'sync') as actor, coalesce(j.traceparent, traceparent_of(cast(b.job as text))) as traceparent, o.state as begun, to_bigint(o.request ->> 'records') as sent,
       (select coalesce(max(p.bulk_job), 0) from push_batch p where p.ended_at < o.started_at) as newest, live.own, live.lost
  from due b left join sync_job j on j.job = b.job
       left join operation o on o.key = b.bulk_name || ':' || b.state,
       lateral (select count(*) filter (where r.seq is not null) as own, count(*) filter (where r.seq is null) as lost
                  from push_batch_row w left join sync_row r on r.seq = w.seq and r.state = 'open' and r.holder is null and due_from(r.newer, r.due_at, r.not_before) = b.parked_until
                 where w.batch = b.id and b.state not in ('wait', 'read')) live
