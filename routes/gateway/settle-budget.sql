-- Settles one attempt: what SalesLoft says is left counts, for it knows the team's other integrations.
-- A 429 closes the window, and each further one that Retry-After covers, for all replicas.
-- What the call cost is what SalesLoft says, where it says so. A header that came several times counts by the first value that
-- can be read.
-- Answers price, where it is not the one reserved, and wait_ms: how long a 429 asks to wait, at most as long as the bean longest-retry-after says; without Retry-After until the next window.
with header as (
    select cast(:#${exchangeProperty.window} as timestamptz) as start,
           cast(:#${ref:rate-window} as interval) as length,
           cast(:#${ref:rate-limit} as bigint) as points,
           cast(:#${exchangeProperty.cost} as bigint) as cost,
           cast(:#${exchangeProperty.priority} as text) as priority,
           cast(:#${exchangeProperty.status} as integer) as status,
           first_instant(:#${headerAs(Date,String)}) as date,
           first_number(:#${headerAs(x-ratelimit-remaining-minute,String)}) as remaining,
           first_number(:#${headerAs(x-ratelimit-endpoint-cost,String)}) as price,
           coalesce(make_interval(secs => first_number(:#${headerAs(Retry-After,String)})),
                    first_instant(:#${headerAs(Retry-After,String)}) - clock_timestamp()) as asked
), answer as (
    -- least() passes over a null, and no Retry-After must not become the longest one
    select header.*, coalesce(price, cost) - cost as dearer, case when asked is not null then greatest(interval '0', least(asked, make_interval(secs => cast(:#${ref:longest-retry-after} as integer)))) end as retry_after from header
), settled as (
    update rate_budget b
       set open = greatest(0, b.open - a.cost),
           bulk = b.bulk + cast(a.priority = 'bulk' as integer) * a.dearer, interactive = b.interactive + cast(a.priority = 'interactive' as integer) * a.dearer,
           health = b.health + cast(a.priority not in ('bulk', 'interactive') as integer) * a.dearer,
           spent = case when a.status = 429 then greatest(b.spent, a.points)
                        else greatest(b.spent + a.dearer,
                                      case when a.points > 0 and a.date >= date_trunc('second', a.start) and a.date < a.start + a.length
                                           then a.points - a.remaining + greatest(0, b.open - a.cost) end) end
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
            else cast(greatest(0, extract(epoch from coalesce(retry_after, start + length - clock_timestamp())) * 1000) + random() * 250 as bigint) end as wait_ms,
       case when price <> cost then price end as price
from answer
