-- Applies some of the events that wait, by the rule of a page (store-page.sql): the mirror takes what is newer, and only that
-- goes into the outbox (if there is a Kafka). A delete is also newer than the version it carries; only a strictly newer
-- live document brings a record back. So the order in which events come does not matter. Of several versions of a record in
-- one batch only the last one counts.
-- Events about nothing that is mirrored are published as they came (topic salesloft.events). What cannot be applied is a
-- dead letter. Another replica's batch is passed over.
-- Without suspects it takes whatever waits. With suspects, a JSON array of ids, it takes those of them after position from up to
-- position to: that is how the bean halving finds the one that PostgreSQL refuses, which then comes alone, with its refusal.
-- What may not be kept (private-rules) was taken out as the event was stored, unless that was before it was set, or somebody was erased.
with mirrored (stem, resource) as (values
    ('person', 'people'), ('account', 'accounts'), ('cadence', 'cadences'), ('cadence_membership', 'cadence_memberships'),
    ('user', 'users'), ('email', 'emails'), ('email_with_body_and_subject', 'emails'), ('call', 'calls'), ('note', 'notes'), ('step', 'steps'),
    ('success', 'successes'), ('task', 'tasks'), ('meeting', 'meetings')
), known as (
    select stem, resource from mirrored union all select event, resource from mirrored_list where event <> '' and event not in (select stem from mirrored)
), private as materialized (
    select private_rules(:#${ref:private-rules}, null) as rules
), batch as materialized (
    -- In no order: it does not matter, and sorting a great many that wait would cost more than applying these.
    select id, event, body, received_at, traceparent from webhook_event
     where state = 'received'
       and (cast(:#${exchangeProperty.suspects} as json) is null
            or id in (select s.id from json_array_elements_text(cast(:#${exchangeProperty.suspects} as json)) with ordinality s (id, position)
                       where s.position > cast(:#${exchangeProperty.from} as integer) and s.position <= cast(:#${exchangeProperty.to} as integer)))
     limit 500 for update skip locked
), event as materialized (
    select b.id, b.event, kept.body, b.received_at, b.traceparent, m.resource, right(b.event, 8) = '_deleted' as deleted, d.record, d.updated_at, coalesce(r.refusal, d.error) as error,
           r.refusal is not null or m.resource is not null and d.error is not null as dead
      from batch b
      left join known m on m.stem = substring(b.event from '^(.+)_(?:created|updated|deleted|completed|booked)$') left join mirrored_list l on l.resource = m.resource cross join private,
           lateral read_change(b.body, coalesce(l.ids, 'number'), coalesce(l.dated, true)) d,
           lateral (select case when rules is null then b.body else private_document(rules, coalesce(m.resource, 'events'), b.body) end as body) kept, (select cast(:#${exchangeProperty.refusal} as text) as refusal) r
), newest as materialized (
    select distinct on (resource, record) * from event
     where resource is not null and error is null and body is not null
     order by resource, record, updated_at desc, deleted desc, received_at
), written as (
    insert into record as r (resource, id, updated_at, document, deleted_at)
    select resource, record, updated_at, body, case when deleted then now() end from newest order by resource, record
    on conflict (resource, id) do update
       set updated_at = excluded.updated_at, document = excluded.document, deleted_at = excluded.deleted_at
     where excluded.updated_at > r.updated_at
        or excluded.updated_at = r.updated_at and excluded.deleted_at is not null and r.deleted_at is null
    returning resource, id, key
), queued as (
    insert into outbox (resource, id, updated_at, document, source, event, traceparent, key)
    select change.* from (
        select n.resource, n.record, n.updated_at, case when not n.deleted then n.body end, 'webhook', n.event, n.traceparent, w.key
          from written w join newest n on n.resource = w.resource and n.record = w.id
        union all
        select 'events', record, updated_at, body, 'webhook', event, traceparent, null from event where resource is null and not dead and body is not null) change
     where cast(:#${properties:salesloft.kafka-brokers} as text) <> ''
), dead_lettered as (
    insert into dead_letter (source, error, payload, event_id, resource)
    select 'webhook:' || event, error, coalesce(cast(body as text), withheld(record)), id, resource from event where dead
    on conflict do nothing
), hurried as (
    -- A batch that waits for this bulk job need not ask once more whether it is done.
    update push_batch b set next_at = now() from event e where e.event = 'bulk_job_completed' and b.bulk_job = e.record and b.state = 'wait'
), noticed as (
    insert into webhook_activity as a (event, last_at)
    select event, max(received_at) from event group by event order by event
    on conflict (event) do update set last_at = greatest(a.last_at, excluded.last_at)
), done as (
    -- Each is there, so nothing is inserted: an upsert always finds its rows by the index. The plan of an update, made while
    -- the table was empty, would go on to read all of it.
    insert into webhook_event as w (id, event, body, state)
    select id, event, 'null', case when dead then 'dead' else 'applied' end from event
    on conflict (id) do update set state = excluded.state
    returning w.state
)
select count(*) filter (where state = 'dead') as dead, count(*) = 500 as full from done
