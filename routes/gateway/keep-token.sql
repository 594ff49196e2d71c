-- Keeps a pair only over the version it was made from: two that renew at once cannot overwrite each other. What the row says of the store
-- is still true: that version is what the store has.
insert into oauth_token as t (version, pair, seed, waits_since)
values (cast(:#${exchangeProperty.pair.version} as bigint), :#${exchangeProperty.encrypted}, :#${exchangeProperty.pair.seed}, now())
on conflict (one) do update
   set version = excluded.version, pair = excluded.pair, seed = excluded.seed, changed_at = now(), tried_at = null,
       waits_since = case t.pair when '' then now() else t.waits_since end
 where t.version = excluded.version - 1
returning version
