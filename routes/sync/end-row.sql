-- Writes what came of a row, and what SalesLoft answered into mirror and outbox, in one statement. Only the worker that has
-- the row in hand may; no row back: another has it.
-- A row that is done keeps only what may be kept (private-rules; mostly there are none); it has held the rest because SalesLoft was to have it.
-- An answer that PostgreSQL refuses comes a second time, with its refusal (bean halving), and becomes a dead letter: the row is done.
with private as materialized (
    select object, private_rules(:#${ref:private-rules}, object) as rules, private_rules(:#${ref:private-rules}, 'cadence_memberships') as membership_rules
      from (select cast(:#${exchangeProperty.object[name]} as text) as object) o
), before as (
    select seq, identities from sync_row where seq = cast(:#${exchangeProperty.row[seq]} as bigint)
), came as (
    select coalesce(cast(:#${exchangeProperty.result[outcome]} as text), cast(:#${exchangeProperty.row[outcome]} as text)) as outcome,
           private_words(rules, nullif(coalesce(cast(:#${exchangeProperty.result[error]} as text), cast(:#${exchangeProperty.row[error]} as text)), '')) as error,
           cast(:#${exchangeProperty.personId} as bigint) as person_id, private_document(rules, object, to_document(:#${exchangeProperty.person}) -> 'data') as person,
           cast(:#${exchangeProperty.result[membership]} as bigint) as membership_id, private_document(membership_rules, 'cadence_memberships', to_document(:#${exchangeProperty.membership}) -> 'data') as membership,
           coalesce(cast(:#${exchangeProperty.result[enrolled]} as boolean), false) as enrolled, cast(:#${exchangeProperty.result[skipped]} as text) as skipped,
           coalesce(cast(:#${exchangeProperty.result[left]} as boolean), false) as has_left, private_document(rules, object, cast(:#${exchangeProperty.row[changes]} as jsonb)) as changes,
           cast(:#${exchangeProperty.chunk[dry_run]} as boolean) as dry_run, cast(:#${exchangeProperty.row[create_key]} as text) as create_key,
           cast(:#${exchangeProperty.refusal} as text) as refusal, rules, object, has_private_fields(rules, object) as hides
      from private
), ended as (
    update sync_row r
       set state = 'done', outcome = c.outcome, given = r.given and c.outcome <> 'cancelled', claim = case when c.outcome <> 'cancelled' then r.claim end, error = c.error, fields = null, holder = null, fence = null,
           person_id = case when c.object = 'people' then c.person_id else r.person_id end, record_id = case when c.object <> 'people' then c.person_id end,
           left_cadence = c.has_left, changes = c.changes, membership_id = coalesce(to_bigint(c.membership ->> 'id'), c.membership_id),
           enrolled = c.enrolled, skipped = case when r.cadence_id is not null then nullif(c.skipped, '') end, ended_at = now(),
           dry_subject = case when c.dry_run and c.outcome = 'created' then private_subject(c.rules, c.create_key) end,
           original = case when c.rules is null then r.original else coalesce(private_document(c.rules, c.object, r.original), '"erased"') end,
           identities = case when c.hides then '{}' else r.identities end, email = case when not c.hides then r.email end, crm_id = case when not c.hides then r.crm_id end,
           phone = case when not c.hides then r.phone end, last_name = case when not c.hides then r.last_name end
      from came c
     where r.seq = cast(:#${exchangeProperty.row[seq]} as bigint) and r.state = 'open'
       and r.holder = cast(:#${exchangeProperty.lease} as text) and r.fence = cast(:#${exchangeProperty.fence} as bigint)
    returning r as row, r.seq, r.key, r.outcome, c.object
), freed as (
    delete from sync_identity i using ended e, before b where b.seq = e.seq and i.seq = e.seq and i.identity = any (b.identities)
), let_go as (
    -- A create of which nobody knows whether it happened holds up others like it no longer (people: until somebody has looked). Under its key it is looked up still.
    update operation o set subject = null
      from ended e, came c
     where o.key = cast(:#${exchangeProperty.row[key]} as text) and o.state = 'started' and c.outcome = 'failed' and e.object <> 'people'
), answered as (
    select object as resource, person as document, refusal from came
     union all
    select 'cadence_memberships', membership, refusal from came
), dead_lettered as (
    insert into dead_letter (source, error, payload)
    select 'push:' || a.resource, a.refusal, cast(a.document as text) from ended, answered a where a.document is not null and a.refusal is not null
    on conflict do nothing
    returning 1
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
    insert into outbox (resource, id, updated_at, document, source, traceparent)
    select resource, id, updated_at, document, 'push', :#${exchangeProperty.traceparent} from written where cast(:#${properties:salesloft.kafka-brokers} as text) <> ''
), told as (
    insert into result_outbox (key, traceparent, document)
    select key, :#${exchangeProperty.traceparent}, jsonb_build_object('job', (row).job) || cast(result_document(row, object) as jsonb)
      from ended where cast(:#${properties:salesloft.kafka-brokers} as text) <> ''
)
select outcome, (select count(*) from dead_lettered) as dead from ended
