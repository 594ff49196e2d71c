-- What was answered under this key before.
select cast(answer as text) as answer, status from operation where key = :#${exchangeProperty.idempotencyKey} and state = 'done'
