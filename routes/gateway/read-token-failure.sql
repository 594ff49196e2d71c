-- Why the token endpoint is not asked now, and how many seconds that lasts; no row: it may be asked. Other credentials than those
-- that failed do not wait.
select refused, reason, cast(ceil(extract(epoch from next_try_at - now())) as bigint) as seconds
  from token_failure
 where credentials = cast(:#${bean:token-custody?method=credentials} as text) and next_try_at > now()
