-- Ends a batch. Rows of it that have no result go by single calls, after a while (seconds): each with a look-up first. What was not sent is no open entry of the ledger; what was, is
-- one whose outcome is unknown, and which is looked up before it is repeated. refused: SalesLoft does not let us use bulk jobs, and is not asked again for a day.
-- Row: how many rows went, and whether the refusal is new. No row: another replica has the lease.
with gate as materialized (
    select 1 from lease
     where name = 'push-bulk' and holder = cast(:#${ref:instance} as text) and fence = cast(:#${exchangeProperty.fence} as bigint)
       for update
), ended as (
    update push_batch b set state = 'done', ended_at = now(), error = coalesce(cast(:#${exchangeProperty.leave[error]} as text), b.error)
      from gate where b.id = cast(:#${exchangeProperty.batch[id]} as bigint)
    returning b.*
), listed as (
    delete from push_batch_row w using ended e where w.batch = e.id returning w.*
), given_back as (
    update sync_row r set not_before = case when r.newer then 'infinity' else again end, due_at = case when r.newer then again end, alone = true
      from listed w, ended e, (select now() + make_interval(secs => cast(:#${exchangeProperty.leave[wait]} as integer)) as again) later
     where r.seq = w.seq and r.state = 'open' and r.holder is null and due_from(r.newer, r.due_at, r.not_before) = e.parked_until
    returning 1
), unsent as (
    update operation o set state = 'failed', ended_at = now() from listed w
     where o.key = w.key and o.state = 'started' and o.holder = 'push-bulk' and cast(:#${exchangeProperty.leave[sent]} as boolean) is not true
), settled as (
    update operation o set state = 'failed', ended_at = now() from ended where o.key = cast(:#${exchangeProperty.batch[key]} as text) and o.state = 'started'
), refused as (
    insert into push_bulk_refusal as f (message) select cast(:#${exchangeProperty.leave[error]} as text) from ended where cast(:#${exchangeProperty.leave[refused]} as boolean)
    on conflict (one) do update set at = now(), message = excluded.message where f.at < now() - interval '1 day'
    returning 1
)
select (select count(*) from given_back) as rows, exists (select from refused) as refused from ended
