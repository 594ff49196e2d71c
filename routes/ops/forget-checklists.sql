-- Old runs of the checklist; the last one is kept for ever.
with old as (
    select id from checklist_run r
     where ended_at < now() - cast(:#${ref:keep-checklists} as interval) and exists (select from checklist_run later where later.document is not null and later.ended_at > r.ended_at)
     order by ended_at limit 1000
), forgotten as (
    delete from checklist_run r using old where r.id = old.id returning 1
)
select count(*) as forgotten from forgotten
