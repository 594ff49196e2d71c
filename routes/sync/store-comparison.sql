-- Marks as deleted what SalesLoft was twice asked for and did not send, unless the mirror has learnt of a change since, and
-- moves on: in one statement, under the lease. Kafka gets a tombstone.
with gate as (
    select 1 from lease
     where name = 'compare' and holder = cast(:#${ref:instance} as text) and fence = cast(:#${exchangeProperty.fence} as bigint)
       for update
), missing as (
    select id, updated_at from json_to_recordset(cast(coalesce(cast(:#${header.found[asked]} as text), '[]') as json)) as a (id bigint, updated_at timestamptz)
), marked as (
    update record r set deleted_at = now()
      from missing v, gate
     where r.resource = :#${exchangeProperty.resource} and r.id = v.id and r.updated_at = v.updated_at and r.deleted_at is null
    returning r.resource, r.id, r.updated_at
), queued as (
    insert into outbox (resource, id, updated_at, source, event, traceparent)
    select resource, id, updated_at, 'pull', 'vanished', :#${exchangeProperty.traceparent} from marked
     where cast(:#${properties:salesloft.kafka-brokers} as text) <> ''
), moved as (
    update comparison k
       set after_id = coalesce(cast(:#${exchangeProperty.chunk[last]} as bigint), k.after_id),
           compared = k.compared + cast(:#${exchangeProperty.chunk[count]} as bigint),
           deleted = k.deleted + (select count(*) from marked),
           run_started_at = case when cast(:#${exchangeProperty.chunk[last]} as bigint) is null then null else k.run_started_at end,
           finished_at = case when cast(:#${exchangeProperty.chunk[last]} as bigint) is null then now() else k.finished_at end,
           next_run_at = case when cast(:#${exchangeProperty.chunk[last]} as bigint) is null
                              then k.run_started_at + cast(:#${properties:salesloft.compare-interval} as interval) else k.next_run_at end
      from gate
     where k.resource = :#${exchangeProperty.resource}
    returning k.resource
)
select (select count(*) from marked) as deleted, (select count(*) from moved) as moved
