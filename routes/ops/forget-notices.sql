-- Old notices; from then on the same id would go out again. What waits to be sent stays.
with old as (
    select id, audience from notice where state <> 'waiting' and ended_at < now() - cast(:#${ref:keep-notices} as interval) order by ended_at limit 1000
), forgotten as (
    delete from notice n using old where n.id = old.id and n.audience = old.audience returning 1
)
select count(*) as forgotten from forgotten
