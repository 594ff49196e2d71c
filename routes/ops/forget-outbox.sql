-- Messages for a Kafka that is not there any more. While there is one none is forgotten: it gets them all, however late.
with old as (
    select seq from outbox where cast(:#${properties:salesloft.kafka-brokers} as text) = '' and at < now() - cast(:#${ref:keep-outbox} as interval) order by seq limit 1000
), results as (
    delete from result_outbox where cast(:#${properties:salesloft.kafka-brokers} as text) = '' and at < now() - cast(:#${ref:keep-outbox} as interval)
), notices as (
    delete from notice_outbox where cast(:#${properties:salesloft.kafka-brokers} as text) = '' and at < now() - cast(:#${ref:keep-outbox} as interval)
), forgotten as (
    delete from outbox o using old where o.seq = old.seq returning 1
)
select count(*) as forgotten from forgotten
