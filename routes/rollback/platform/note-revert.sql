-- Stores when the Deployment was changed, and says how long ago that was. No row: another replica has the lease.
with held as (
    select from lease
     where name = 'rollback' and holder = cast(:#${ref:instance} as text) and fence = cast(:#${exchangeProperty.fence} as bigint) and expires_at > now()
       for update
)
update rollback_run r set reverted_at = coalesce(r.reverted_at, now())
  from held
 where r.id = cast(:#${exchangeProperty.run[id]} as text)
returning cast(extract(epoch from now() - r.reverted_at) as integer) as seconds
