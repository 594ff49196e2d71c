-- A page of what came of a job's rows, a JSON line each, in their order; with failures, only of those that failed.
with page as (
    select * from sync_row
     where job = cast(:#${header.job} as uuid) and ended_at is not null and number > cast(:#${exchangeProperty.after} as bigint)
       and (outcome = 'failed' or not cast(:#${exchangeProperty.failures} as boolean))
     order by number limit 1000
)
select max(number) as last, coalesce(string_agg(cast(result_document(page, (select object from sync_job where job = cast(:#${header.job} as uuid))) as text) || chr(10), '' order by number), '') as lines
  from page
