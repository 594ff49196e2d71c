-- What the exercises found, and what their log shows.
with result as (
    select cast(:#${body[findings]} as jsonb) as findings, cast(:#${body[log]} as text) as log
)
select f ->> 'item' as item, f ->> 'state' as state, f ->> 'evidence' as evidence from result, jsonb_array_elements(findings) f
union all
select 'invalid', case when log like '%refused 422: POST%' and log not like '%@exercises.invalid%' then 'PASS' else 'FAIL' end,
       case when log not like '%refused 422: POST%' then 'a write that SalesLoft refuses with 422 leaves no line in the log'
            when log like '%@exercises.invalid%' then 'an e-mail address stands in the log'
            else 'the log names the fields of what was refused, and shows no value' end from result
union all
select 'rate-headers', case when log ~ 'GET exercises[^ ]* 200 cost=1 remaining=[0-9]' then 'PASS' else 'FAIL' end,
       case when log ~ 'GET exercises[^ ]* 200 cost=1 remaining=[0-9]' then 'each call is logged with its cost and with what SalesLoft says is left'
            else 'no line of the log shows x-ratelimit-remaining-minute' end from result
