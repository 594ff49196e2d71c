-- Where the newest pair is, always one row: the pair itself (null: it is in the store stored_in, as stored_as), its version, 0 before the
-- first, and the seed of its chain.
select coalesce(t.version, 0) as version, nullif(t.pair, '') as pair, t.stored_in, t.stored_as, t.seed
  from (values (1)) one left join oauth_token t on true
