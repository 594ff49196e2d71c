-- Has a record go to the mirror again, by the rule of a page (store-page.sql): it is taken only when it is newer. One
-- that still cannot be read stays dead, with what is wrong now. No row: the dead letter was replayed meanwhile.
-- Of two versions with one timestamp the mirror's stays, also of users, where a page would win: a dead letter is older.
with found as materialized (
    select l.id, s.resource, c.record, c.updated_at, private_document(private_rules(:#${ref:private-rules}, s.resource), s.resource, r.document) as document, coalesce(case when r.document is null then r.error end, c.error) as error
      from dead_letter l, lateral read_payload(l.payload) r, lateral (select substr(l.source, length('pull:') + 1) as resource) s,
           lateral read_change(r.document, ids_of(s.resource), is_dated(s.resource)) c
     where l.id = cast(:#${exchangeProperty.deadLetter[id]} as bigint) and l.state = 'dead'
       for update of l
), written as (
    insert into record as r (resource, id, updated_at, document)
    select resource, record, updated_at, document from found where error is null and document is not null
    on conflict (resource, id) do update
       set updated_at = excluded.updated_at, document = excluded.document, deleted_at = null
     where excluded.updated_at > r.updated_at
    returning resource, id, updated_at, document
), queued as (
    insert into outbox (resource, id, updated_at, document, source, traceparent)
    select resource, id, updated_at, document, 'pull', :#${exchangeProperty.traceparent} from written where cast(:#${properties:salesloft.kafka-brokers} as text) <> ''
)
update dead_letter l
   set state = case when found.error is null then 'replayed' else 'dead' end, error = coalesce(found.error, l.error)
  from found
 where l.id = found.id
returning l.state, cast(row_to_json((select answer from (select l.id, l.state, found.error) answer)) as text) as answer
