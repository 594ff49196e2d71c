-- Applies PRIVATE_FIELDS to the next rows of what was stored before it was set. Null: there is nothing to do.
select apply_private_fields(:#${ref:private-rules}, cast(:#${properties:salesloft.kafka-brokers} as text) <> '', cast(:#${ref:private-rows-at-once} as integer)) as looked
