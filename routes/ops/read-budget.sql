-- This window of the budget, over all replicas: what is spent, what each priority has spent of it, and what it may still spend, because the shares
-- limit the total (reserve-budget.sql in gateway). Others: spent by no call of ours, so by the team's other integrations, or closed by a 429; a few
-- points too many while calls are under way.
with setting as (
    select cast(:#${ref:rate-limit} as bigint) as points, cast(:#${ref:rate-window} as interval) as length, clock_timestamp() as at
), clock as (
    select *, date_bin(length, at, timestamptz 'epoch') as start from setting
), spent as (
    select c.*, coalesce(b.spent, 0) as spent, coalesce(b.bulk, 0) as bulk, coalesce(b.interactive, 0) as interactive, coalesce(b.health, 0) as health
      from clock c left join rate_budget b on b.window_start = c.start
), priority as (
    select p.name, p.position, p.spent, p.share, case when s.points > 0 then greatest(0, greatest(1, s.points * p.share / 100) - s.spent) end as remaining
      from spent s, lateral (values ('bulk', 1, s.bulk, cast(:#${ref:bulk-share} as integer)), ('interactive', 2, s.interactive, cast(:#${ref:interactive-share} as integer)),
           ('health', 3, s.health, 100)) p (name, position, spent, share)
)
select cast(json_build_object('limit', points, 'windowSeconds', trim_scale(extract(epoch from length)), 'endsInMs', round(extract(epoch from start + length - at) * 1000),
           'spent', spent, 'remaining', case when points > 0 then greatest(0, points - spent) end,
           'priorities', (select json_object_agg(name, json_build_object('spent', spent, 'share', share, 'remaining', remaining) order by position) from priority),
           'others', greatest(0, spent - bulk - interactive - health)) as text) as budget
  from spent
