-- Whether this replica has the lease still.
select exists (select from lease where name = 'rollback' and holder = cast(:#${ref:instance} as text) and fence = cast(:#${exchangeProperty.fence} as bigint) and expires_at > now()) as held
