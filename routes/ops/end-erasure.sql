-- What an erasure has done, here, in the audit log, and as the answer.
with ended as (
    update erasure
       set ended_at = now(), document = cast(cast(:#${exchangeProperty.removed} as text) as jsonb) || jsonb_build_object('auditLines', cast(:#${exchangeProperty.lines[erased]} as bigint))
     where id = :#${exchangeProperty.run}
    returning *
), earlier as (
    -- Those that were refused or cut off: this one has done their work.
    update erasure e set ended_at = now(), document = jsonb_build_object('doneBy', n.id)
      from ended n where e.kind = 'person' and e.subject = n.subject and e.id <> n.id and e.at < n.at and e.ended_at is null
), audited as (
    insert into audit_log (phase, operation, resource, idempotency_key, actor, request, outcome, attempts, duration_ms)
    select 'outcome', 'erase', 'people', 'erase:' || id, actor, jsonb_build_object('erasure', id, 'subject', subject, 'removed', document), 'done', 1,
           cast(extract(epoch from ended_at - at) * 1000 as bigint)
      from ended
    on conflict do nothing
)
select cast(jsonb_build_object('erasure', id, 'suppressed', true, 'removed', document,
           'keptByKafka', case when cast(:#${properties:salesloft.kafka-brokers} as text) <> '' then jsonb_build_array('salesloft.events', 'salesloft.commands', 'salesloft.results', 'salesloft.notifications') else '[]' end) as text)
  from ended
