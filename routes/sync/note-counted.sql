-- Notes of the rows that a worker has in hand which of them would change something, and gives them back: nothing was written.
update sync_row set would_change = seq in (select cast(value as bigint) from json_array_elements_text(cast(:#${exchangeProperty.planned} as json)) value), holder = null, fence = null
 where holder = cast(:#${exchangeProperty.lease} as text) and fence = cast(:#${exchangeProperty.fence} as bigint) and state = 'open'
