-- Takes a pair that a store has for the newest: kept in the row (encrypted), or left where it is (null). Never over a newer one, or one that
-- only the row has.
insert into oauth_token as t (version, pair, stored_in, stored_as, seed, waits_since)
values (cast(:#${exchangeProperty.pair.version} as bigint), coalesce(cast(:#${exchangeProperty.encrypted} as bytea), ''), cast(:#${exchangeProperty.store} as text),
        cast(:#${exchangeProperty.storedAs} as text), cast(:#${exchangeProperty.pair.seed} as text), now())
on conflict (one) do update
   set version = excluded.version, pair = excluded.pair, stored_in = excluded.stored_in, stored_as = excluded.stored_as, seed = excluded.seed, changed_at = now(), waits_since = now(), trouble = null, tried_at = null
 where t.version < excluded.version or t.version = excluded.version and t.pair = ''
