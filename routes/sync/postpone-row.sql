-- Gives a row back, to be done later, by any worker. Waits longer each time (seconds: 1, 2, 4, … 300) when it was the row's
-- own try that failed, and not everybody's.
update sync_row
   set holder = null, fence = null, tries = tries + cast(:#${exchangeProperty.result[counts]} as integer),
       not_before = case when newer then 'infinity' else again end, due_at = case when newer then again end
  from (select now() + case when cast(:#${exchangeProperty.result[counts]} as integer) > 0 then least(300, power(2, r.tries)) else 2 end * interval '1 second' as again
          from sync_row r where r.seq = cast(:#${exchangeProperty.row[seq]} as bigint)) later
 where seq = cast(:#${exchangeProperty.row[seq]} as bigint) and state = 'open'
   and holder = cast(:#${exchangeProperty.lease} as text) and fence = cast(:#${exchangeProperty.fence} as bigint)
