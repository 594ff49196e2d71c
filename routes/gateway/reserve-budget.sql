-- Reserves the points of one attempt in the current window of the team's budget, exactly, for all replicas together.
-- Always answers one row: granted, and if not, why (paused, impossible) or how long to wait.
-- Bulk and interactive calls may spend their shares of the window (beans bulk-share and interactive-share), health all of it. Within the guard at either end of a window
-- nothing is reserved, because SalesLoft's clock may already, or still, be in another one.
with setting as (
    select cast(:#${exchangeProperty.cost} as bigint) as cost,
           cast(:#${exchangeProperty.priority} as text) as priority,
           cast(:#${ref:rate-limit} as bigint) as points,
           cast(:#${ref:rate-window} as interval) as length,
           clock_timestamp() as at
), clock as (
    select *, date_bin(length, at, timestamptz 'epoch') as start,
           case points when 0 then interval '0' else least(interval '500 milliseconds', length / 20) end as guard,
           case when points = 0 then 9000000000000000000
                when priority = 'bulk' then greatest(1, points * cast(:#${ref:bulk-share} as integer) / 100)
                when priority = 'interactive' then greatest(1, points * cast(:#${ref:interactive-share} as integer) / 100)
                else points end as share
    from setting
), gate as (
    select clock.*, priority <> 'health' and (select paused from control) as paused from clock
), taken as (
    insert into rate_budget as b (window_start, spent, open, bulk, interactive, health)
    select start, cost, cost, cost * cast(priority = 'bulk' as integer), cost * cast(priority = 'interactive' as integer), cost * cast(priority not in ('bulk', 'interactive') as integer)
      from gate
    where not paused and cost <= share and at >= start + guard and at < start + length - guard
    on conflict (window_start) do update
       set spent = b.spent + excluded.spent, open = b.open + excluded.open,
           bulk = b.bulk + excluded.bulk, interactive = b.interactive + excluded.interactive, health = b.health + excluded.health
     where b.spent + excluded.spent <= (select share from gate)
    returning window_start
)
select taken.window_start is not null as granted,
       cast(gate.start as text) as window,
       gate.paused,
       gate.cost > gate.share as impossible,
       cast(ceil(extract(epoch from
           case when gate.at < gate.start + gate.guard then gate.start + gate.guard - gate.at
                else gate.start + gate.length + gate.guard - gate.at end) * 1000) as bigint) as wait_ms
from gate left join taken on true
