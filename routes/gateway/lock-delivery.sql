-- One of the replicas speaks with the store; the others need not wait for it. Held by a connection of its own, as in lock-token.sql.
select pg_try_advisory_xact_lock(hashtext('gateway-token-delivery' || case when current_schema() like '%\_exercises' then current_schema() else '' end)) as locked
