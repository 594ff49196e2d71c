-- Keeps what this replica is working on; a timer of its own, so that a slow SalesLoft does not lose a lease.
update lease set expires_at = now() + interval '15 seconds' where holder = cast(:#${ref:instance} as text)
