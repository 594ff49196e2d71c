-- Writes what came of some records of a page of results, and what SalesLoft answered into mirror and outbox, in one statement. A record is
-- recognised by what it echoes, whatever its place. As end-row.sql a row; a row for a cadence goes on by single calls, with its person done.
-- What SalesLoft says of whom it is (taken, matches several, not there) is found out by a single call, too; any other refusal is the row's end, and a dead letter.
-- A row that was erased or cancelled meanwhile stays as it is. Those after position from up to position to are written; one that PostgreSQL refuses comes
-- alone, with its refusal (bean halving), and its answer becomes a dead letter. complete: all records have a result. No row: another replica has the lease.
with private as materialized (
    select private_rules(:#${ref:private-rules}, 'people') as rules
), gate as materialized (
    select 1 from lease
     where name = 'push-bulk' and holder = cast(:#${ref:instance} as text) and fence = cast(:#${exchangeProperty.fence} as bigint)
       for update
), batch as materialized (
    select b.* from push_batch b, gate where b.id = cast(:#${exchangeProperty.batch[id]} as bigint) and b.state = 'read' for update of b
), page as materialized (
    select to_bigint(e ->> 'id') as id, to_document(cast(e -> 'record' as text)) as record, to_document(cast(e -> 'resource' -> 'person' as text)) as person,
           e -> 'resource' ->> 'upsert_type' as upserted, e ->> 'status' = 'success' as good, e ->> 'error' as error
      from batch b, json_array_elements(readable(:#${exchangeProperty.page}) -> 'data') with ordinality a (e, position)
     where position > cast(:#${exchangeProperty.from} as integer) and position <= cast(:#${exchangeProperty.to} as integer) and to_bigint(e ->> 'id') > b.last_result
), came as materialized (
    select distinct on (w.seq) w.seq, w.key, p.good and p.person ->> 'id' is not null as good, p.person, p.upserted, p.error as said,
           coalesce(p.error, 'SalesLoft says neither who it is nor what is wrong') as error, cast(:#${exchangeProperty.refusal} as text) as refusal
      from page p
      cross join lateral (select coalesce(record ->> 'upsert_key', case when record ->> 'id' is not null then 'id' when record ->> 'crm_id' is not null then 'crm_id' else 'email_address' end) as upsert_key) k
      join batch b on true
      join push_batch_row w on w.batch = b.id and w.upsert_key = k.upsert_key
                           and w.value = case k.upsert_key when 'email_address' then lower(btrim(p.record ->> 'email_address')) else p.record ->> k.upsert_key end
     order by w.seq, p.good desc
), verdict as materialized (
    select c.*, r.identities, case when not c.good and c.error ~* 'taken|already|match|multiple|several|duplicate|not found|does not exist' then 'alone'
                     when c.good and r.cadence_id is not null then 'follow' else 'end' end as verdict
      from came c join batch b on true join sync_row r on r.seq = c.seq and r.state = 'open' and r.holder is null and due_from(r.newer, r.due_at, r.not_before) = b.parked_until
), taken_off as (
    delete from push_batch_row w using came c where w.seq = c.seq
), settled as (
    update operation o
       set state = case when c.good then 'done' else 'failed' end, status = case when c.good then 200 else 422 end, ended_at = now(),
           answer = case when c.good then private_answer(rules, 'people', jsonb_build_object('data', c.person)) else jsonb_build_object('error', private_words(rules, c.error)) end,
           operation = case when c.good and c.upserted = 'update' then 'update' else o.operation end,
           request = private_document(rules, 'people', o.request), subject = private_subject(rules, o.subject)
      from came c, private where o.key = c.key and o.state = 'started' and o.holder = 'push-bulk'
    returning o.*, c.seq, c.refusal, c.said, rules
), noted as (
    insert into audit_log (phase, operation, resource, resource_id, idempotency_key, actor, request, status, outcome, attempts, duration_ms, job, trace)
    select 'outcome', operation, resource, to_bigint(answer -> 'data' ->> 'id'), key, actor, request, status, state, attempts, cast(extract(epoch from ended_at - started_at) * 1000 as bigint), job, trace
      from settled
    on conflict do nothing
), given_back as (
    update sync_row r set not_before = case when r.newer then 'infinity' else now() end, due_at = case when r.newer then now() end, alone = v.verdict = 'alone' from verdict v where r.seq = v.seq and v.verdict <> 'end'
), ended as (
    update sync_row r
       set state = 'done', outcome = case when not v.good then 'failed' when v.upserted = 'create' then 'created' else 'updated' end, error = case when not v.good then private_words(rules, v.error) end,
           fields = null, not_before = null, person_id = to_bigint(v.person ->> 'id'), ended_at = now(),
           original = case when rules is null then r.original else coalesce(private_document(rules, 'people', r.original), '"erased"') end,
           identities = case when hides then '{}' else r.identities end, email = case when not hides then r.email end, crm_id = case when not hides then r.crm_id end,
           phone = case when not hides then r.phone end, last_name = case when not hides then r.last_name end
      from verdict v, private, lateral (select has_private_fields(rules, 'people') as hides) h
     where v.verdict = 'end' and r.seq = v.seq
    returning r as row, r.seq, r.outcome, r.error
), freed as (
    delete from sync_identity i using verdict v where v.verdict = 'end' and i.seq = v.seq and i.identity = any (v.identities)
), refused as (
    insert into dead_letter (source, error, payload, idempotency_key, operation, resource, actor, method, path, lookup_path, lookup_query)
    select method || ' ' || path, left(private_words(rules, e.error), 10000) || case when has_private_fields(rules, 'people') then ' (kept without what PRIVATE_FIELDS names)' else '' end,
           cast(case when rules is null then s.request else without_private_fields(rules, 'people', s.request) end as text), s.key, s.operation, 'people', s.actor, method, path,
           case when method = 'POST' then '/v2/people.json' end,
           case when method = 'POST' then case when s.request ->> 'email_address' is not null then 'email_addresses[]=' || url_encode(s.request ->> 'email_address') else 'crm_id[]=' || url_encode(s.request ->> 'crm_id') end end
      from ended e join settled s on s.seq = e.seq join push_batch_row w on w.seq = e.seq,
           lateral (select case when s.operation = 'create' then 'POST' else 'PUT' end as method, '/v2/people' || case when s.operation = 'create' then '' else '/' || w.value end || '.json' as path) p
     where e.outcome = 'failed'
    on conflict do nothing
    returning 1
), answered as materialized (
    select private_document(rules, 'people', c.person) as person, c.refusal from came c, private where c.good
), unreadable as (
    insert into dead_letter (source, error, payload) select 'push:people', refusal, cast(person as text) from answered where refusal is not null and person is not null
    on conflict do nothing
    returning 1
), written as (
    insert into record as r (resource, id, updated_at, document)
    select 'people', id, updated_at, document
      from (select distinct on (d.id) d.* from answered a, lateral read_document(cast(a.person as json)) d where a.person is not null and a.refusal is null and d.error is null order by d.id, d.updated_at desc) d
     order by id
    on conflict (resource, id) do update
       set updated_at = excluded.updated_at, document = excluded.document, deleted_at = null
     where excluded.updated_at > r.updated_at
    returning resource, id, updated_at, document
), queued as (
    insert into outbox (resource, id, updated_at, document, source, traceparent)
    select resource, id, updated_at, document, 'push', :#${exchangeProperty.traceparent} from written where cast(:#${properties:salesloft.kafka-brokers} as text) <> '' order by id
), told as (
    insert into result_outbox (key, traceparent, document)
    select (row).key, :#${exchangeProperty.traceparent}, jsonb_build_object('job', (row).job) || cast(result_document(row, 'people') as jsonb)
      from ended where cast(:#${properties:salesloft.kafka-brokers} as text) <> '' order by (row).number
), moved as (
    update push_batch b set results = b.results + p.count, last_result = greatest(b.last_result, p.last), waits = 0, next_at = now()
      from batch, (select count(*) as count, coalesce(max(id), 0) as last from page) p where b.id = batch.id
    returning b.results >= b.records as complete
)
select complete, (select count(*) from ended where outcome = 'created') as created, (select count(*) from ended where outcome = 'updated') as updated,
       (select count(*) from ended where outcome = 'failed') as failed, (select count(*) from refused) + (select count(*) from unreadable) as dead
  from moved
