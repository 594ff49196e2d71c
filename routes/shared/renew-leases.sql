-- Keeps what this replica is working on, where its worker makes progress (bean progress).
update lease set expires_at = now() + make_interval(secs => cast(:#${ref:lease-seconds} as integer))
 where holder = cast(:#${ref:instance} as text) and name = any (cast(:#${bean:progress?method=working} as text[]))
