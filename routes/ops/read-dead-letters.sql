-- Dead letters of one state, newest first, at most as many as asked for, as one JSON array: of a source, or of all whose names begin like it, since an instant, with a
-- text in what was refused or why, whatever its case. Of a long payload the beginning, and how many characters it has. Valid: since is an instant, or is
-- not asked for.
with asked as (
    select coalesce(cast(:#${header.state} as text), 'dead') as state, coalesce(cast(:#${header.source} as text), '') as source, lower(coalesce(cast(:#${header.text} as text), '')) as text,
           coalesce(cast(:#${header.limit} as integer), cast(:#${ref:dead-letters-shown} as integer)) as most, cast(:#${header.since} as text) as since
), shown as (
    select d.id, d.at, d.source, d.error, left(d.payload, cast(:#${ref:dead-letters-payload} as integer)) as payload, d.state, length(d.payload) as length
      from dead_letter d, asked a, lateral (select case when a.since is null then '-infinity' else to_instant(a.since) end as at) s
     where d.state = a.state and starts_with(d.source, a.source) and d.at >= s.at and (strpos(lower(d.error), a.text) > 0 or strpos(lower(d.payload), a.text) > 0)
     order by d.id desc limit (select most from asked)
)
select (select since is null or to_instant(since) is not null from asked) as valid,
       (select cast(coalesce(json_agg(row_to_json(s) order by s.id desc), '[]') as text) from shown s) as letters
