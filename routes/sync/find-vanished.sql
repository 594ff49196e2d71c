-- After a list was read to its end: what this reading did not have is noted, and what the one before did not have either is marked deleted; Kafka gets
-- a tombstone. A list with dead letters is not judged by: what could not be read may be one of those. Under the lease. Of the list of members only those of this reading count, whoever read its first pages.
with gate as (
    select 1 from lease
     where name = 'pull:' || cast(:#${exchangeProperty.resource} as text)
       and holder = cast(:#${ref:instance} as text) and fence = cast(:#${exchangeProperty.run[fence]} as bigint)
       for update
), reading as (
    select c.resource, c.last_run_at as began from sync_cursor c, gate where c.resource = :#${exchangeProperty.resource} and c.run_started_at is null
), missed as (
    insert into list_member as m (resource, id, seen, missed)
    select r.resource, r.id, '-infinity', 1 from record r join reading on reading.resource = r.resource
     where r.deleted_at is null
       and not exists (select from dead_letter d where d.source = 'pull:' || r.resource and d.state = 'dead')
       and not exists (select from list_member s where s.resource = r.resource and s.id = r.id and s.seen = reading.began)
     order by r.id
    on conflict (resource, id) do update set missed = m.missed + 1
    returning resource, id, missed
), marked as (
    update record r set deleted_at = now() from missed where missed.missed > 1 and r.resource = missed.resource and r.id = missed.id
    returning r.resource, r.id, r.updated_at
), queued as (
    insert into outbox (resource, id, updated_at, source, event, traceparent)
    select resource, id, updated_at, 'pull', 'vanished', :#${exchangeProperty.traceparent} from marked
     where cast(:#${properties:salesloft.kafka-brokers} as text) <> ''
), forgotten as (
    delete from list_member m using reading
     where m.resource = reading.resource and m.missed > 1 and not exists (select from record r where r.resource = m.resource and r.id = m.id and r.deleted_at is null)
)
select count(*) as deleted from marked
