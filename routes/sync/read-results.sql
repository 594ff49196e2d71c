-- A page of what came of a job's rows, a JSON line each, in their order; with failures, only of those that failed.
with page as (
    select * from sync_row
     where job = cast(:#${header.job} as uuid) and ended_at is not null and number > cast(:#${exchangeProperty.after} as bigint)
       and (outcome = 'failed' or not cast(:#${exchangeProperty.failures} as boolean))
     order by number limit 1000
)
select max(number) as last, coalesce(string_agg(cast(json_build_object('row', number, 'key', key, 'outcome', outcome, 'personId', person_id, 'membershipId', membership_id,
           'enrolled', enrolled, 'skipped', skipped, 'error', error, 'original', original) as text) || chr(10), '' order by number), '') as lines
  from page
