-- Has a record go to the mirror again, by the rule of a page (store-page.sql): it is taken only when it is newer. One
-- that still cannot be read stays dead, with what is wrong now. No row: the letter is not dead any more.
-- Of two versions with one timestamp the mirror's stays, also of users, where a page would win: a letter is older.
with letter as materialized (
    select l.id, substr(l.source, length('pull:') + 1) as resource, r.id as record, r.updated_at, r.document, r.error
      from dead_letter l, lateral read_payload(l.payload) r
     where l.id = cast(:#${exchangeProperty.deadLetter} as bigint) and l.state = 'dead'
       for update of l
), written as (
    insert into record as r (resource, id, updated_at, document)
    select resource, record, updated_at, document from letter where error is null
    on conflict (resource, id) do update
       set updated_at = excluded.updated_at, document = excluded.document, deleted_at = null
     where excluded.updated_at > r.updated_at
    returning resource, id, updated_at, document
), queued as (
    insert into outbox (resource, id, updated_at, document, source)
    select resource, id, updated_at, document, 'pull' from written where cast(:#${properties:salesloft.kafka-brokers} as text) <> ''
)
update dead_letter l
   set state = case when letter.error is null then 'replayed' else 'dead' end, error = coalesce(letter.error, l.error)
  from letter
 where l.id = letter.id
returning l.state, cast(row_to_json((select answer from (select l.id, l.state, letter.error) answer)) as text) as answer
