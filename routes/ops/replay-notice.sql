-- Has a notice that died wait to be sent again, with the dead letter's payload, which somebody may have mended. One that is no
-- notice any more stays dead, with what is wrong now. No row: the dead letter was replayed meanwhile.
with found as materialized (
    select l.id, substr(l.source, length('notice:') + 1) as audience, r.document,
           coalesce(r.error, case when jsonb_typeof(r.document) <> 'object' or coalesce(r.document ->> 'id', '') = '' or coalesce(r.document ->> 'message', '') = ''
                                  then 'a notice needs an id and a message' end) as error
      from dead_letter l, lateral read_body(l.payload) r
     where l.id = cast(:#${exchangeProperty.deadLetter[id]} as bigint) and l.state = 'dead'
       for update of l
), waiting as (
    insert into notice as n (id, audience, traceparent, document)
    select document ->> 'id', audience, :#${exchangeProperty.traceparent}, document from found where error is null
    on conflict (id, audience) do update
       set document = excluded.document, traceparent = excluded.traceparent, state = excluded.state, attempts = excluded.attempts, trying_since = excluded.trying_since,
           next_attempt_at = excluded.next_attempt_at, ended_at = null
)
update dead_letter l
   set state = case when found.error is null then 'replayed' else 'dead' end, error = coalesce(found.error, l.error)
  from found
 where l.id = found.id
returning l.state, cast(row_to_json((select answer from (select l.id, l.state, found.error) answer)) as text) as answer
