-- The token endpoint is asked again after 5 s, then 10 s, 20 s, … 5 minutes at last. After an outage two further attempts are made
-- before that, as of any call; a 429 says itself how long it wants to be left alone, and is believed up to 5 minutes.
with failed as (
    select cast(:#${bean:token-custody?method=credentials} as text) as credentials, cast(:#${exchangeProperty.refused} as boolean) as refused,
           cast(:#${exchangeProperty.reason} as text) as reason, first_number(:#${headerAs(Retry-After,String)}) as asked
)
insert into token_failure as t (credentials, refused, reason, failures, next_try_at)
select credentials, refused, reason, 1,
       now() + make_interval(secs => least(300, coalesce(asked, case when refused then 5 else 0 end)))
  from failed
on conflict (one) do update
   set credentials = excluded.credentials, refused = excluded.refused, reason = excluded.reason,
       failures = case t.credentials when excluded.credentials then t.failures + 1 else 1 end,
       next_try_at = case when t.credentials <> excluded.credentials or (select asked is not null from failed) then excluded.next_try_at
                          when excluded.refused then now() + make_interval(secs => least(300, 5 * power(2, least(t.failures, 6))))
                          when t.failures < 2 then now()
                          else now() + make_interval(secs => least(300, 5 * power(2, least(t.failures - 2, 6)))) end
