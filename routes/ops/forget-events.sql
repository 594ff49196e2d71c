-- Applied events: SalesLoft repeats a delivery within a minute, and people look back a few days. A small
-- batch, so that whoever takes events never waits for it.
with old as (
    select id from webhook_event
     where state = 'applied' and received_at < now() - cast(:#${ref:keep-events} as interval)
     order by received_at limit 1000
       for update skip locked
), forgotten as (
    delete from webhook_event e using old where e.id = old.id returning 1
)
select count(*) as forgotten from forgotten
