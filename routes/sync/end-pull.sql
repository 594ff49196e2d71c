-- Gives the lease back, and says what came of the run. A run that stopped before its end stays open and is resumed.
with released as (
    update lease set holder = '', expires_at = now()
     where name = 'pull:' || cast(:#${exchangeProperty.resource} as text)
       and holder = cast(:#${ref:instance} as text) and fence = cast(:#${exchangeProperty.run[fence]} as bigint)
    returning 1
)
update sync_cursor c
   set state = case when c.run_started_at is not null and :#${exchangeProperty.end[state]} = 'idle' then 'waiting' else cast(:#${exchangeProperty.end[state]} as text) end,
       error = cast(:#${exchangeProperty.end[error]} as text),
       next_run_at = greatest(c.next_run_at, now() + cast(:#${exchangeProperty.end[retryIn]} as interval))
  from released
 where c.resource = :#${exchangeProperty.resource}
