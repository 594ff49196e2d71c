-- The store has this version: the row forgets the pair, and notes where it is. Not when a newer one was kept meanwhile.
update oauth_token as t
   set pair = '', stored_in = cast(:#${properties:salesloft.token-store} as text), stored_as = cast(:#${exchangeProperty.storedAs} as text),
       seed = cast(:#${exchangeProperty.pair.seed} as text), trouble = null, tried_at = null
  from (select trouble from oauth_token) before
 where t.version = cast(:#${exchangeProperty.pair.version} as bigint) and t.pair <> ''
returning t.version, before.trouble
