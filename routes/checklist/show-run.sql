-- The last run, and whether it was of the release that runs now.
select cast(document || jsonb_build_object('current', release = cast(:#${properties:salesloft.release} as text)) as text) as document
  from checklist_run where document is not null order by ended_at desc limit 1
