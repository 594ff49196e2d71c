-- Takes a batch on to its next step, or has the same step done again later. What next says: state; the beginning of a wait that doubles each time (doubling, milliseconds), if any; bulkJob and records, where they are known; again: another bulk job takes the place of this one; ledger: what the entry of the step
-- just done becomes where its answer was lost.
-- A batch that is about to be started keeps its rows for a day. One that begins (anew) lets go of rows that are not its own any more.
-- No row: another replica has the lease.
with gate as materialized (
    select 1 from lease
     where name = 'push-bulk' and holder = cast(:#${ref:instance} as text) and fence = cast(:#${exchangeProperty.fence} as bigint)
       for update
), said as materialized (
    select cast(:#${exchangeProperty.next[state]} as text) as state, cast(:#${exchangeProperty.next[doubling]} as double precision) as doubling,
           cast(:#${exchangeProperty.next[bulkJob]} as bigint) as bulk_job, cast(:#${exchangeProperty.next[records]} as integer) as records,
           coalesce(cast(:#${exchangeProperty.next[again]} as integer), 0) as again, cast(:#${exchangeProperty.next[ledger]} as text) as ledger
), before as materialized (
    select b.* from push_batch b, gate where b.id = cast(:#${exchangeProperty.batch[id]} as bigint) for update of b
), moved as (
    update push_batch b
       set state = s.state, try = b.try + s.again, waits = case when s.state = b.state then b.waits + 1 else 0 end, error = coalesce(cast(:#${exchangeProperty.next[error]} as text), b.error),
           bulk_job = case when s.state <> 'create' then coalesce(s.bulk_job, b.bulk_job) end, records = case when s.state <> 'create' then coalesce(s.records, b.records) end,
           parked_until = case when s.state = 'start' and b.state <> 'start' then now() + interval '1 day' else b.parked_until end,
           started_at = case when s.state = 'wait' then coalesce(b.started_at, now()) else b.started_at end,
           next_at = now() + interval '1 millisecond' * least(cast(:#${ref:bulk-longest-poll} as integer), coalesce(s.doubling * power(2, case when s.state = b.state then least(20, b.waits) else 0 end), 0))
      from before, said s where b.id = before.id
    returning b.*
), parked as (
    update sync_row r set not_before = case when r.newer then 'infinity' else m.parked_until end, due_at = case when r.newer then m.parked_until end
      from moved m, before b, push_batch_row w
     where m.parked_until <> b.parked_until and w.batch = m.id and r.seq = w.seq and r.state = 'open' and r.holder is null and due_from(r.newer, r.due_at, r.not_before) = b.parked_until
), dropped as (
    delete from push_batch_row w using moved m
     where m.state = 'create' and w.batch = m.id
       and not exists (select from sync_row r where r.seq = w.seq and r.state = 'open' and r.holder is null and due_from(r.newer, r.due_at, r.not_before) = m.parked_until)
    returning w.key
), unsent as (
    update operation o set state = 'failed', ended_at = now() from dropped d where o.key = d.key and o.state = 'started' and o.holder = 'push-bulk'
), settled as (
    update operation o set state = s.ledger, ended_at = now() from moved m, said s where s.ledger is not null and o.key = cast(:#${exchangeProperty.batch[key]} as text) and o.state = 'started'
)
select state from moved
