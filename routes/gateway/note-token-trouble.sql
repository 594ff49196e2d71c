-- Why the pair waits, and that it was tried. What is new is said once, by one replica.
update oauth_token t set trouble = cast(:#${exchangeProperty.trouble} as text), tried_at = now()
  from (select trouble from oauth_token) before
 where t.pair <> ''
returning t.version, before.trouble is distinct from t.trouble as new
