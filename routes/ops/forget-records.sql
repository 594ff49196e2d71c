-- Records that SalesLoft deleted long ago. By then no change that is older comes any more, and Kafka has had its tombstone.
with old as (
    select resource, id from record where deleted_at < now() - cast(:#${ref:keep-deleted-records} as interval) order by resource, id limit 1000
), forgotten as (
    delete from record r using old where r.resource = old.resource and r.id = old.id returning 1
)
select count(*) as forgotten from forgotten
