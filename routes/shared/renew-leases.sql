-- Keeps what this replica is working on, where its worker makes progress (bean progress), and says that it is there. Of those that have not said so for an hour
-- nobody needs to know.
with here as (
    insert into replica as r (instance, name, release)
    values (cast(:#${ref:instance} as text), cast(:#${hostname} as text), cast(:#${properties:salesloft.release} as text))
    on conflict (instance) do update set seen_at = now()
), gone as (
    delete from replica where seen_at < now() - interval '1 hour'
)
update lease set expires_at = now() + make_interval(secs => cast(:#${ref:lease-seconds} as integer))
 where holder = cast(:#${ref:instance} as text) and name = any (cast(:#${bean:progress?method=working} as text[]))
