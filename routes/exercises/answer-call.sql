-- Notes a call and answers its status: by what the script says of the calls of this exercise, from its first to its last one; 200 otherwise.
with script (exercise, from_call, to_call, status, retry_after) as (
    values ('refresh', 1, 1, 401, null),
           ('auth-alert', 1, 100, 401, null),
           ('rate-limited', 1, 1, 429, '2'),
           -- One more than three attempts see: whoever comes a fifth time is answered.
           ('retries-1', 1, 4, 503, null),
           ('retries-2', 1, 4, 503, null),
           ('invalid', 1, 100, 422, null),
           ('breaker', 1, 40, 503, null),
           -- It is created, and the answer is lost.
           ('create', 1, 1, 503, null)
), call as (
    insert into exercise_call (exercise, idempotency_key, query, method, token)
    values (:#${exchangeProperty.exercise}, :#${header.Idempotency-Key}, :#${exchangeProperty.query}, :#${header.CamelHttpMethod}, md5(:#${header.Authorization}))
    returning exercise, (select count(*) from exercise_call c where c.exercise = exercise_call.exercise) + 1 as number
)
-- From the outage on who we are is not answered either.
select case when call.exercise = 'me' and exists (select from exercise_call where exercise = 'breaker') then 503 else coalesce(script.status, 200) end as status, script.retry_after
  from call left join script on script.exercise = call.exercise and call.number between from_call and to_call
