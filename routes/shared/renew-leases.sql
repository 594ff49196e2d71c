-- Keeps what this replica is working on, where its worker makes progress (bean progress).
update lease set expires_at = now() + interval '15 seconds'
 where holder = cast(:#${ref:instance} as text) and name = any (cast(:#${bean:progress?method=working} as text[]))
