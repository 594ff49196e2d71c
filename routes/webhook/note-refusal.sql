-- Notes that SalesLoft refused to change a subscription, and when it may be asked again: in two minutes, then each time after
-- twice as long, up to a day. Says whether that is news: it was not refused before, or for another reason.
insert into webhook_subscription_refusal as r (event, action, fingerprint, error, next_at)
values (cast(:#${exchangeProperty.change[event]} as text), cast(:#${exchangeProperty.change[action]} as text),
        fingerprint(cast(:#${exchangeProperty.callbackUrl} as text) || ' ' || :#${properties:salesloft.callback-token}),
        cast(:#${exception.message} as text), now() + interval '2 minutes')
on conflict (event, action) do update
   set refusals = case when r.fingerprint = excluded.fingerprint then r.refusals + 1 else 1 end,
       next_at = case when r.fingerprint = excluded.fingerprint
                      then now() + least(interval '1 day', interval '1 minute' * power(2, least(r.refusals + 1, 20))) else excluded.next_at end,
       first_at = case when r.error = excluded.error and r.fingerprint = excluded.fingerprint then r.first_at else now() end,
       fingerprint = excluded.fingerprint, error = excluded.error
returning first_at = now() as news, to_char(next_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"') as next
