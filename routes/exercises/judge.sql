-- Judges the exercises by what their SalesLoft saw (exercise_call), what became of the calls (exercise_outcome), and what the tables hold.
with came as (
    select exercise, count(*) as calls, extract(epoch from max(at) - min(at)) as seconds from exercise_call group by exercise
), gap as (
    select exercise, row_number() over (partition by exercise order by number) - 1 as n, extract(epoch from at - lag(at) over (partition by exercise order by number)) as seconds from exercise_call
), outcome as (
    select exercise, array_agg(outcome order by number) as outcomes, array_agg(detail order by number) as details from exercise_outcome group by exercise
), seen as (
    -- Each a line of evidence: item, what has to hold, what is said of it.
    select 'refresh' as item, coalesce((select outcomes = '{answered}' from outcome where exercise = 'refresh') and (select count(*) = 2 and count(distinct token) = 2 from exercise_call where exercise = 'refresh'), false) as holds,
           'a call whose token was refused was made ' || coalesce((select calls from came where exercise = 'refresh'), 0) || ' times, with ' || (select count(distinct token) from exercise_call where exercise = 'refresh') || ' tokens, and was ' || coalesce((select outcomes[1] from outcome where exercise = 'refresh'), 'not made') as evidence
    union all
    select 'rate-limited', coalesce((select seconds >= 2 from gap where exercise = 'rate-limited' and n = 1), false),
           coalesce('Retry-After: 2 was heeded: asked again after ' || (select round(seconds, 1) from gap where exercise = 'rate-limited' and n = 1) || ' s', 'a call that got 429 was not repeated')
    union all
    -- The second wait is clearly the longer one. On a busy machine the first may look as long: one of two calls that show it is enough.
    select 'retries', coalesce((select array_agg(calls) = '{3,3}' from came where exercise like 'retries-_'), false)
               and coalesce((select min(seconds) >= 0.05 from gap where exercise like 'retries-_' and n > 0), false)
               and exists (select from gap first join gap second on second.exercise = first.exercise and second.n = 2 where first.exercise like 'retries-_' and first.n = 1 and second.seconds > 1.2 * first.seconds),
           (select case when max(calls) > 4 then 'more than 4' else cast(max(calls) as text) end from came where exercise like 'retries-_') || ' attempts, '
               || (select string_agg(round(seconds, 1) || ' s', ', ' order by n) from gap where n > 0 and exercise = (select exercise from gap where exercise like 'retries-_' and n = 2 order by seconds desc limit 1)) || ' apart'
    union all
    select 'invalid', coalesce((select calls = 1 from came where exercise = 'invalid'), false) and exists (select from dead_letter where payload like '%masked@exercises.invalid%'),
           'a write refused with 422 was sent ' || coalesce((select calls from came where exercise = 'invalid'), 0) || ' time(s) and is ' || case when exists (select from dead_letter where payload like '%masked@exercises.invalid%') then '' else 'not ' end || 'in the dead letters'
    union all
    select 'breaker', coalesce((select outcomes <@ '{BreakerOpen}' from outcome where exercise = 'breaker-open'), false) and not exists (select from came where exercise = 'breaker-open'),
           'after ' || coalesce((select calls from came where exercise = 'breaker'), 0) || ' failed attempts ' || coalesce((select calls from came where exercise = 'breaker-open'), 0) || ' of 5 more calls got through'
    union all
    -- Three calls of 30 points fit in the bulk share of a window, 96 of 120; the windows are those of the setting rate-window of this process.
    select 'cost', coalesce((select max(calls) <= 3 and sum(calls) = 4 from (select count(*) as calls from exercise_call where exercise = 'cost' group by date_bin('5 seconds', at, timestamptz 'epoch')) windows), false),
           'of 4 calls for page 600, 30 points each, with 96 points in 5 s at most ' || coalesce((select max(calls) from (select count(*) as calls from exercise_call where exercise = 'cost' group by date_bin('5 seconds', at, timestamptz 'epoch')) windows), 0) || ' went out in one window'
    union all
    -- 60 calls at 19 a second.
    select 'throttle', coalesce((select seconds >= 1.5 and calls = 60 from came where exercise = 'throttle'), false),
           (select calls || ' bulk calls at once were spread over ' || round(seconds, 1) || ' s' from came where exercise = 'throttle')
    union all
    select 'deep-pages', (select count(*) >= 250 from record where resource = 'people') and not exists (select from exercise_call where exercise = 'people' and query like '%sort_by%' and query !~ '[?&]page=1(&|$)'),
           (select count(*) from record where resource = 'people') || ' people, 250 of them there before, were pulled by cursor in ' || (select count(*) from exercise_call where exercise = 'people' and query like '%sort_by%') || ' pages, ' ||
           (select count(*) from exercise_call where exercise = 'people' and query like '%sort_by%' and query !~ '[?&]page=1(&|$)') || ' of them beyond page 1'
    union all
    select 'health', coalesce((select outcomes @> '{200}' from outcome where exercise = 'health-well') and (select outcomes @> '{503}' from outcome where exercise = 'health-ill'), false),
           '/health answered ' || (select case when outcomes @> '{200}' then '200' else outcomes[1] end from outcome where exercise = 'health-well') || ' while SalesLoft was well, and ' || (select outcomes[cardinality(outcomes)] from outcome where exercise = 'health-ill') || ' after it failed'
    union all
    select 'auth-alert', exists (select from notice where document ->> 'runbook' like '%auth-down' and document ->> 'priority' = 'P1'),
           'credentials that SalesLoft refuses after a renewal ' || case when exists (select from notice where document ->> 'runbook' like '%auth-down' and document ->> 'priority' = 'P1') then 'gave a P1 notice' else 'gave no notice' end
    union all
    select 'callback-token', coalesce((select outcomes = '{401}' from outcome where exercise = 'signature-wrong') and (select outcomes = '{202}' from outcome where exercise = 'signature-previous'), false),
           'a webhook with a wrong signature got ' || (select outcomes[1] from outcome where exercise = 'signature-wrong') || ', one signed with the previous token ' || (select outcomes[1] from outcome where exercise = 'signature-previous')
    union all
    select 'webhook-events', coalesce((select outcomes = '{202,202}' from outcome where exercise = 'event'), false) and (select count(*) = 1 from webhook_event where body ->> 'id' = '1'),
           'an event that was delivered twice got ' || (select array_to_string(outcomes, ' and ') from outcome where exercise = 'event') || ' and was stored ' || (select count(*) from webhook_event where body ->> 'id' = '1') || ' time(s)'
    union all
    select 'idempotency-keys', coalesce((select outcomes = '{NotPermitted}' from outcome where exercise = 'keyless'), false) and not exists (select from came where exercise = 'keyless')
               and not exists (select from exercise_call where method in ('POST', 'PUT') and exercise <> 'token' and idempotency_key is null)
               and exists (select from exercise_call where method = 'PUT' and idempotency_key is not null)
               and coalesce((select details[1] = details[2] and outcomes = '{202,202}' from outcome where exercise = 'dry-run'), false),
           'a write without a key was ' || case when exists (select from came where exercise = 'keyless') then 'sent' else 'refused' end || ', ' || (select count(*) from exercise_call where idempotency_key is not null) || ' creates and updates carried one; a dry run repeated with its key gave ' ||
           coalesce((select case when details[1] = details[2] then 'the same job' else 'another answer: ' || array_to_string(outcomes, ', ') end from outcome where exercise = 'dry-run'), 'nothing')
    union all
    select 'find-duplicates', (select count(*) = 1 from exercise_person where document ->> 'email_address' = 'new@exercises.invalid') and (select count(*) = 1 from exercise_person where document ->> 'email_address' = 'person7@exercises.invalid')
               and not exists (select from exercise_person where document ->> 'email_address' = 'dry@exercises.invalid'),
           'somebody who was there was created ' || (select count(*) - 1 from exercise_person where document ->> 'email_address' = 'person7@exercises.invalid') || ' times, somebody new, whose first answer was lost, '
               || (select count(*) from exercise_person where document ->> 'email_address' = 'new@exercises.invalid') || ' time(s)'
    union all
    select 'audit', not exists (select from operation o where not exists (select from audit_log a where a.idempotency_key = o.key and a.phase = 'intent')
                      or o.state in ('done', 'failed') and not exists (select from audit_log a where a.idempotency_key = o.key and a.phase = 'outcome')) and exists (select from operation),
           (select count(*) from operation) || ' mutations left ' || (select count(*) from audit_log where phase = 'intent') || ' intents and ' || (select count(*) from audit_log where phase = 'outcome') || ' outcomes in the audit log'
)
select cast(jsonb_agg(jsonb_build_object('item', item, 'state', case when holds then 'PASS' else 'FAIL' end, 'evidence', coalesce(evidence, 'it was not exercised'))) as text) as findings from seen
