-- Begins a drill, of which there is one at a time over all replicas, and none while the credentials are turned away: then a renewal that fails proves
-- nothing. Audited before it begins. One that has not ended after five minutes, longer than any takes, died with its process, and its row begins anew.
with begun as (
    insert into drill as d (name, actor, release)
    select 'expired-token', cast(:#${exchangeProperty.caller} as text), cast(:#${properties:salesloft.release} as text) from probe where not auth_down
    on conflict (name) where ended_at is null do update
       set began_at = now(), actor = excluded.actor, release = excluded.release, id = excluded.id
     where d.began_at < now() - interval '5 minutes'
    returning *
), audited as (
    insert into audit_log (phase, operation, resource, idempotency_key, actor, request, attempts)
    select 'intent', 'drill', name, 'drill:' || id, actor, jsonb_build_object('drill', id, 'release', release), 1 from begun
)
select (select id from begun) as id, auth_down from probe
