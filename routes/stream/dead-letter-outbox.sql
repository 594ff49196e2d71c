-- Makes a dead letter of the one record that Kafka refuses, so that it does not hold up those behind it.
with refused as (
    delete from outbox where seq = any(cast(:#${exchangeProperty.sent} as bigint[])) returning resource, document
), result as (
    delete from result_outbox where seq = any(cast(:#${exchangeProperty.sent} as bigint[])) returning 'results' as resource, document
), notice as (
    delete from notice_outbox where seq = any(cast(:#${exchangeProperty.sent} as bigint[])) returning 'notifications' as resource, document
)
insert into dead_letter (source, error, payload)
select 'outbox:' || resource, cast(:#${exchangeProperty.refusal} as text), cast(document as text)
  from (select * from refused union all select * from result union all select * from notice) gone
on conflict do nothing
