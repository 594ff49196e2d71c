-- Applies the oldest events that wait, by the rule of a page (store-page.sql): the mirror takes what is newer, and only that
-- goes into the outbox (if there is a Kafka). A delete is also newer than the version it carries; only a strictly newer
-- live document brings a record back. So the order in which events come does not matter. Of several versions of a record in
-- one batch only the last one counts.
-- Events about nothing that is mirrored are published as they came (topic salesloft.events). What cannot be applied is a
-- dead letter. Another replica's batch is passed over.
with mirrored (stem, resource) as (values
    ('person', 'people'), ('account', 'accounts'), ('cadence', 'cadences'), ('cadence_membership', 'cadence_memberships'),
    ('user', 'users'), ('email', 'emails'), ('call', 'calls'), ('note', 'notes'), ('step', 'steps'),
    ('success', 'successes'), ('task', 'tasks'), ('meeting', 'meetings')
), batch as materialized (
    select seq, id, event, body, received_at from webhook_event
     where state = 'received' order by seq limit 500 for update skip locked
), event as materialized (
    select b.*, m.resource, right(b.event, 8) = '_deleted' as deleted, d.id as record, d.updated_at, d.error
      from batch b
      left join mirrored m on b.event ~ ('^' || m.stem || '_(created|updated|deleted|completed|booked)$'),
           lateral read_document(cast(b.body as json)) d
), written as (
    insert into record as r (resource, id, updated_at, document, deleted_at)
    select resource, record, updated_at, body, case when deleted then now() end
      from (select distinct on (resource, record) * from event
             where resource is not null and error is null
             order by resource, record, updated_at desc, deleted desc, seq) newest
     order by resource, record
    on conflict (resource, id) do update
       set updated_at = excluded.updated_at, document = excluded.document, deleted_at = excluded.deleted_at
     where excluded.updated_at > r.updated_at
        or excluded.updated_at = r.updated_at and excluded.deleted_at is not null and r.deleted_at is null
    returning resource, id, updated_at, document, deleted_at
), queued as (
    insert into outbox (resource, id, updated_at, document, source, event)
    select change.* from (
        select w.resource, w.id, w.updated_at, case when w.deleted_at is null then w.document end, 'webhook',
               (select e.event from event e
                 where e.resource = w.resource and e.record = w.id and e.updated_at = w.updated_at and e.deleted = (w.deleted_at is not null)
                 order by e.seq limit 1)
          from written w
        union all
        select 'events', record, updated_at, body, 'webhook', event from event where resource is null) change
     where cast(:#${properties:salesloft.kafka-brokers} as text) <> ''
), buried as (
    insert into dead_letter (source, error, payload, idempotency_key, resource)
    select 'webhook:' || event, error, cast(body as text), id, resource from event where resource is not null and error is not null
    on conflict do nothing
), noticed as (
    insert into webhook_activity as a (event, last_at)
    select event, max(received_at) from event group by event order by event
    on conflict (event) do update set last_at = greatest(a.last_at, excluded.last_at)
), done as (
    update webhook_event w
       set state = case when e.resource is not null and e.error is not null then 'dead' else 'applied' end
      from event e
     where w.id = e.id
    returning w.state
)
select count(*) as taken, (select count(*) from written) as newer, count(*) filter (where state = 'dead') as dead from done
