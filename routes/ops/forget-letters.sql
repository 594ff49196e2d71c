-- Dead letters that were replayed; and, after a longer time, those that nobody has cared for, with the events they came of.
with old as (
    select id, event_id from dead_letter
     where state <> 'dead' and at < now() - cast(:#${ref:keep-replayed} as interval) or at < now() - cast(:#${ref:keep-letters} as interval)
     order by id limit 1000
), events as (
    delete from webhook_event e using old where e.id = old.event_id and e.state = 'dead'
), forgotten as (
    delete from dead_letter l using old where l.id = old.id returning 1
)
select count(*) as forgotten from forgotten
