-- Keeps the verdict on a test.
update test set failures = coalesce(cast(:#${exchangeProperty.failures} as jsonb), '["it was not judged"]')
     , seconds = round((cast(:#${exchange.clock.elapsed} as numeric) - cast(:#${exchangeProperty.since} as numeric)) / 1000, 1)
 where id = cast(:#${exchangeProperty.test[id]} as bigint)
