-- Has an event that died wait to be applied again, with the dead letter's payload, which somebody may have mended. One that
-- still cannot be applied stays dead, with what is wrong now. No row: the dead letter was replayed meanwhile.
with found as materialized (
    select l.id, l.event_id, e.event, private_document(private_rules(:#${ref:private-rules}, null), event_resource(e.event), r.document) as document,
           case when r.document is null or l.resource is not null then r.error end as error
      from dead_letter l, lateral read_payload(l.payload) r, lateral (select substr(l.source, length('webhook:') + 1) as event) e
     where l.id = cast(:#${exchangeProperty.deadLetter[id]} as bigint) and l.state = 'dead'
       for update of l
), waiting as (
    insert into webhook_event as e (id, event, body, traceparent, state)
    select event_id, event, document, :#${exchangeProperty.traceparent}, 'received' from found where error is null and document is not null
    on conflict (id) do update set body = excluded.body, traceparent = excluded.traceparent, state = excluded.state
)
update dead_letter l
   set state = case when found.error is null then 'replayed' else 'dead' end, error = coalesce(found.error, l.error)
  from found
 where l.id = found.id
returning l.state, cast(row_to_json((select answer from (select l.id, l.state, found.error) answer)) as text) as answer
