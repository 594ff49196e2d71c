-- At shutdown: the others need not wait for the time to run out.
update lease set holder = '', expires_at = now() where holder = cast(:#${ref:instance} as text)
