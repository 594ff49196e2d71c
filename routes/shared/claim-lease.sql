-- Takes or keeps the lease named; a new fence with every new holder, and after every lapse. No row: another has it.
insert into lease as l (name, holder, fence, expires_at)
values (:#${exchangeProperty.lease}, cast(:#${ref:instance} as text), 1, now() + make_interval(secs => cast(:#${ref:lease-seconds} as integer)))
on conflict (name) do update
   set holder = excluded.holder,
       fence = case when l.holder = excluded.holder and l.expires_at > now() then l.fence else l.fence + 1 end,
       expires_at = excluded.expires_at
 where l.expires_at <= now() or l.holder = excluded.holder
returning fence
