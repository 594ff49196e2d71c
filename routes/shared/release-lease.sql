-- Gives the lease back: another may have it at once, and whoever has it next gets a new fence.
update lease set holder = '', expires_at = now()
 where name = :#${exchangeProperty.lease} and holder = cast(:#${ref:instance} as text) and fence = cast(:#${exchangeProperty.fence} as bigint)
