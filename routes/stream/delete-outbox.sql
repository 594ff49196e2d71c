-- Forgets what Kafka has acknowledged: exactly these, because a smaller number may be committed after they were read.
with results as (
    delete from result_outbox where seq = any(cast(:#${exchangeProperty.sent} as bigint[]))
), notices as (
    delete from notice_outbox where seq = any(cast(:#${exchangeProperty.sent} as bigint[]))
)
delete from outbox where seq = any(cast(:#${exchangeProperty.sent} as bigint[]))
