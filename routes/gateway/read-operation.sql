-- What was answered under this key before. Begun and not ended in its time: its process died, or SalesLoft never said.
select state, coalesce(cast(answer as text), '') as answer, status, attempts
  from operation
 where key = :#${exchangeProperty.idempotencyKey} and (state = 'done' or state = 'started' and lease_until < now())
