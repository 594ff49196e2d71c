-- What was erased, lifted or forgotten, newest first; one without an end was cut off, or is under way.
select cast(coalesce(json_agg(json_build_object('erasure', id, 'kind', kind, 'subject', subject, 'by', actor, 'at', at, 'ended', ended_at, 'removed', document,
           'suppressed', exists (select from suppression s where s.erasure = e.id)) order by at desc), '[]') as text) as erasures
  from (select * from erasure order by at desc limit 1000) e
