-- Gives back what a worker could not do.
update sync_row set holder = null, fence = null, not_before = now() + interval '2 seconds'
 where holder = cast(:#${exchangeProperty.lease} as text) and fence = cast(:#${exchangeProperty.fence} as bigint) and state = 'open'
