-- Settles one attempt: what SalesLoft says is left counts, for it knows the team's other integrations.
-- A 429 closes the window, and each further one that Retry-After covers, for all replicas.
-- Answers wait_ms: how long a 429 asks to wait, at most 15 minutes; without Retry-After until the next window.
with header as (
    select cast(:#${exchangeProperty.window} as timestamptz) as start,
           cast(:#${exchangeProperty.rateWindow} as interval) as length,
           cast(:#${exchangeProperty.rateLimit} as bigint) as points,
           cast(:#${exchangeProperty.cost} as bigint) as cost,
           cast(:#${exchangeProperty.status} as integer) as status,
           to_instant(:#${header.Date}) as date,
           case when :#${header.x-ratelimit-remaining-minute} ~ '^[0-9]{1,9}$'
                then cast(:#${header.x-ratelimit-remaining-minute} as bigint) end as remaining,
           case when :#${header.Retry-After} ~ '^[0-9]{1,9}$' then make_interval(secs => cast(:#${header.Retry-After} as double precision))
                else to_instant(:#${header.Retry-After}) - clock_timestamp() end as asked
), answer as (
    -- least() passes over a null, and no Retry-After must not become the longest one
    select header.*, case when asked is not null then greatest(interval '0', least(asked, interval '15 minutes')) end as retry_after from header
), settled as (
    update rate_budget b
       set open = greatest(0, b.open - a.cost),
           spent = case when a.status = 429 then greatest(b.spent, a.points)
                        when a.points > 0 and a.date >= date_trunc('second', a.start) and a.date < a.start + a.length
                        then greatest(b.spent, a.points - coalesce(a.remaining, a.points) + greatest(0, b.open - a.cost))
                        else b.spent end
      from answer a
     where b.window_start = a.start
), closed as (
    insert into rate_budget as b (window_start, spent, open)
    select w, a.points, 0
      from answer a, generate_series(a.start + a.length, clock_timestamp() + a.retry_after, a.length) w
     where a.status = 429
    on conflict (window_start) do update set spent = greatest(b.spent, excluded.spent)
)
select case when status <> 429 then 0
            else cast(greatest(0, extract(epoch from coalesce(retry_after, start + length - clock_timestamp())) * 1000) + random() * 250 as bigint) end as wait_ms
from answer
