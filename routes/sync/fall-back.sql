-- Has a list that SalesLoft did not filter and sort by updated_at as asked read whole, in this run and in those of the next week:
-- from its first page, in another order. What the run has stored so far is there. No row: the lease was taken over.
with gate as (
    select 1 from lease
     where name = 'pull:' || cast(:#${exchangeProperty.resource} as text)
       and holder = cast(:#${ref:instance} as text) and fence = cast(:#${exchangeProperty.run[fence]} as bigint)
       for update
)
update sync_cursor c
   set whole_since = now(), phase = 'full', page = 1, tie_count = null, list_order = :#${exchangeProperty.list[wholeOrder]}
  from gate
 where c.resource = :#${exchangeProperty.resource}
returning phase, page, '&include_paging_counts=true' as counted, to_char(cursor at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as cursor,
          true as fits, 0 as stored, 0 as dead_lettered, cast(:#${exchangeProperty.run[fence]} as bigint) as fence, list_order, cast(:#${exchangeProperty.list[wholeEvery]} as text) as interval
