-- Dead letters of one state, newest first, at most as many as asked for, as one JSON array.
select cast(coalesce(json_agg(row_to_json(shown) order by shown.id desc), '[]') as text) as letters
  from (select id, at, source, error, payload, state
          from dead_letter
         where state = coalesce(cast(:#${header.state} as text), 'dead')
         order by id desc
         limit coalesce(cast(:#${header.limit} as integer), cast(:#${ref:dead-letters-shown} as integer))) shown
