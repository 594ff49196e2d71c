-- Puts the next live records of a mirror that is sent again into the outbox, while there is room: as many as there are positions
-- between from and to. They are locked as they are read: a version that is being written now goes in after this one, and with a
-- greater number. One that PostgreSQL refuses comes alone, with its refusal (bean halving), and becomes a dead letter.
with next as (
    select resource, after_id, traceparent from republish
     -- Counted only when there is a mirror to send again: a condition of its own would be looked at first.
     where case when resource is not null then (select count(*) from (select from outbox limit 10000) waiting) < 10000 end
     order by at limit 1 for update skip locked
), batch as (
    select r.*, n.traceparent
      from next n,
           -- By itself, so that each batch begins where the last one ended, and does not read all before it again.
           lateral (select resource, id, updated_at, document from record
                     where resource = n.resource and id > n.after_id and deleted_at is null
                     order by id limit cast(:#${exchangeProperty.to} as integer) - cast(:#${exchangeProperty.from} as integer)
                       for share) r
), queued as (
    insert into outbox (resource, id, updated_at, document, source, event, traceparent)
    select resource, id, updated_at, document, 'pull', 'republished', traceparent from batch
     where cast(:#${exchangeProperty.refusal} as text) is null order by id
    returning id
), dead as (
    insert into dead_letter (source, error, payload)
    select 'outbox:' || resource, cast(:#${exchangeProperty.refusal} as text), cast(document as text) from batch
     where cast(:#${exchangeProperty.refusal} as text) is not null
    on conflict do nothing
    returning 1
), ended as (
    delete from republish p using next n where p.resource = n.resource and not exists (select from batch)
), moved as (
    update republish p set after_id = (select max(id) from batch) from next n
     where p.resource = n.resource and exists (select from batch)
)
select (select count(*) from queued) as refilled, (select count(*) from dead) as dead
