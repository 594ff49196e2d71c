-- Held by the connection of its own until the pair is stored: a killed holder frees it at once, a frozen one keeps it.
-- Whoever waits longer than ten seconds fails, and tries again with its next call.
select set_config('lock_timeout', '10s', true), pg_advisory_xact_lock(hashtext('gateway-call-token'))
