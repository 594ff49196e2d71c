-- Begins an authorisation in the browser, audited with who began it, and forgets those that were begun more than a month ago. SalesLoft's
-- answer is taken for ten minutes. Row: that many seconds.
with forgotten as (
    delete from oauth_authorization where begun_at < now() - interval '30 days'
), begun as (
    insert into oauth_authorization (state_hash, settings, actor, expires_at)
    values (:#${bean:authorization-code?method=hash(${exchangeProperty.state})}, :#${bean:authorization-code?method=settings}, :#${exchangeProperty.caller}, now() + interval '10 minutes')
    returning *
), audited as (
    insert into audit_log (phase, operation, resource, idempotency_key, actor, request, attempts)
    select 'intent', 'authorize', 'oauth', 'authorization:' || id, actor, jsonb_build_object('release', cast(:#${properties:salesloft.release} as text)), 1 from begun
)
select cast(extract(epoch from expires_at - begun_at) as integer) as seconds from begun
