-- Exercises of the checklist have a pair of their own, and a lock of their own: locks are known in the whole database.
-- Held by the connection of its own until the pair is stored: a killed holder frees it at once, a frozen one keeps it.
select set_config('lock_timeout', cast(:#${ref:token-lock-seconds} as text) || 's', true), pg_advisory_xact_lock(hashtext('gateway-call-token' || case when current_schema() like '%\_exercises' then current_schema() else '' end))
