-- Stores a pair only over the version it was made from: two that renew at once cannot overwrite each other.
insert into oauth_token as t (version, pair)
values (cast(:#${exchangeProperty.pair.version} as bigint), :#${exchangeProperty.encrypted})
on conflict (one) do update
   set version = excluded.version, pair = excluded.pair, changed_at = now()
 where t.version = excluded.version - 1
returning version
