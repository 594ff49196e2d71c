-- Writes what came of a row, and what SalesLoft answered into mirror and outbox, in one statement. Only the worker that has
-- the row in hand may; no row back: another has it.
-- An answer that PostgreSQL refuses comes a second time, with its refusal (bean halving), and becomes a dead letter: the row is done.
with ended as (
    update sync_row
       set state = 'done', outcome = :#${exchangeProperty.outcome}, error = nullif(:#${exchangeProperty.error}, ''), fields = null, holder = null, fence = null,
           person_id = cast(:#${exchangeProperty.personId} as bigint), membership_id = cast(:#${exchangeProperty.membershipId} as bigint),
           enrolled = cast(:#${exchangeProperty.enrolled} as boolean), skipped = nullif(:#${exchangeProperty.skipped}, ''), ended_at = now(),
           dry_subject = case when cast(:#${exchangeProperty.dryRun} as boolean) and :#${exchangeProperty.outcome} = 'created' then :#${exchangeProperty.createKey} end
     where seq = cast(:#${exchangeProperty.seq} as bigint) and state = 'open'
       and holder = cast(:#${exchangeProperty.lease} as text) and fence = cast(:#${exchangeProperty.fence} as bigint)
    returning *
), freed as (
    delete from sync_identity i using ended e where i.seq = e.seq and i.identity = any (e.identities)
), answered as (
    select a.*, cast(:#${exchangeProperty.refusal} as text) as refusal
      from (select 'people' as resource, to_document(:#${exchangeProperty.personAnswer}) -> 'data' as document
             union all
            select 'cadence_memberships', to_document(:#${exchangeProperty.membershipAnswer}) -> 'data') a
), buried as (
    insert into dead_letter (source, error, payload)
    select 'push:' || a.resource, a.refusal, cast(a.document as text) from ended, answered a where a.document is not null and a.refusal is not null
    on conflict do nothing
), written as (
    insert into record as r (resource, id, updated_at, document)
    select a.resource, d.id, d.updated_at, d.document
      from ended, answered a, lateral read_document(cast(a.document as json)) d
     where a.document is not null and a.refusal is null and d.error is null order by a.resource, d.id
    on conflict (resource, id) do update
       set updated_at = excluded.updated_at, document = excluded.document, deleted_at = null
     where excluded.updated_at > r.updated_at
    returning resource, id, updated_at, document
), queued as (
    insert into outbox (resource, id, updated_at, document, source)
    select resource, id, updated_at, document, 'push' from written where cast(:#${exchangeProperty.kafkaBrokers} as text) <> ''
), told as (
    insert into result_outbox (key, document)
    select key, jsonb_build_object('job', job, 'row', number, 'key', key, 'outcome', outcome, 'personId', person_id,
                   'membershipId', membership_id, 'enrolled', enrolled, 'skipped', skipped, 'error', error, 'original', original)
      from ended where cast(:#${exchangeProperty.kafkaBrokers} as text) <> ''
)
select count(*) as rows from ended
