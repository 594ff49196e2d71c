-- Forgets what Kafka has acknowledged: exactly these, because a smaller number may be committed after they were read.
delete from outbox where seq = any(cast(:#${exchangeProperty.sent} as bigint[]))
