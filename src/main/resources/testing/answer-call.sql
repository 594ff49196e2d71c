-- What SalesLoft answers to a call of the container of this test.
select cast(answer -> 'status' as integer) as status, answer -> 'headers' ->> 'Retry-After' as retry_after, cast(answer -> 'wait' as integer) as wait,
       coalesce(answer -> 'headers' ->> 'x-ratelimit-remaining-minute', '500') as remaining, cast(answer -> 'body' as text) as body
  from answered(cast(:#${exchangeProperty.place[test]} as bigint), cast(:#${header.CamelHttpMethod} as text), cast(:#${exchangeProperty.place[path]} as text), coalesce(cast(:#${header.CamelHttpQuery} as text), ''), cast(:#${exchangeProperty.sent} as text)) answer
