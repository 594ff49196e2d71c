-- Begins a run of the checklist, or answers no row, because one is being run. One that began three minutes ago died with its process.
with abandoned as (
    delete from checklist_run where ended_at is null and begun_at < clock_timestamp() - interval '3 minutes'
    returning id
)
insert into checklist_run (release)
select :#${properties:salesloft.release} from (select count(*) from abandoned) first
on conflict do nothing
returning id
