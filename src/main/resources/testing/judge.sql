-- What was expected and is not there, what must not be and is, and whether that is final.
select cast(verdict -> 'failures' as text) as failures, cast(verdict -> 'over' as boolean) as over
  from judged(cast(:#${exchangeProperty.test[id]} as bigint), coalesce(cast(:#${exchangeProperty.scraped} as text), '')) verdict
