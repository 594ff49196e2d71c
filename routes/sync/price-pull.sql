-- What a pull will cost that has just begun, by SalesLoft's prices (page-prices): by page numbers a page costs the more the deeper it lies; by cursor each is
-- a first page. Answers it with the minutes it takes at least, where there is a limit.
with price as (
    select first, coalesce(lead(first) over (order by first) - 1, 1000000000) as last, points
      from regexp_matches(cast(:#${bean:page-prices?method=toString} as text), '([0-9]+)=([0-9]+)', 'g') p,
           lateral (select cast(p[1] as bigint) as first, cast(p[2] as bigint) as points) v
), asked as (
    select cast(:#${header.stored[total]} as bigint) as records, case when :#${exchangeProperty.list[paging]} = 'none' then 1 else greatest(1, ceil(cast(:#${header.stored[total]} as numeric) / cast(:#${exchangeProperty.perPage} as integer))) end as pages,
           cast(:#${exchangeProperty.next[phase]} as text) = 'full' as whole
), cost as (
    select records, whole, (select sum(case when whole then greatest(0, least(pages, last) - first + 1) * points when first = 1 then pages * points else 0 end) from price) as points from asked
)
update sync_cursor c set run_records = cost.records, run_points = cost.points
  from cost
 where c.resource = :#${exchangeProperty.resource}
returning cost.records, cast(cost.points as bigint) as points, case when cost.whole then 'by page numbers' else 'by cursor' end as how,
          case when cast(:#${ref:rate-limit} as integer) > 0
               then 'minutes at least ' || ceil(cost.points / (greatest(1, cast(:#${ref:rate-limit} as numeric) * cast(:#${ref:bulk-share} as integer) / 100) * 60 / extract(epoch from cast(:#${ref:rate-window} as interval))))
               else 'no limit' end as pace
