-- Gives back what a worker could not do.
update sync_row set holder = null, fence = null, not_before = case when newer then 'infinity' else now() + interval '2 seconds' end,
       due_at = case when newer then now() + interval '2 seconds' end
 where holder = cast(:#${exchangeProperty.lease} as text) and fence = cast(:#${exchangeProperty.fence} as bigint) and state = 'open'
