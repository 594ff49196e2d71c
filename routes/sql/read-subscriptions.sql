-- GET /ops/webhooks in one document: our subscriptions, and the kinds of event that come without one of ours (id null).
select cast(coalesce(json_agg(json_build_object(
           'event', coalesce(s.event, a.event), 'id', s.id, 'enabled', s.enabled,
           'token', case when s.id is null then null else case s.token_fingerprint
                        when fingerprint(:#${properties:salesloft.callback-token}) then 'current'
                        when fingerprint(:#${properties:salesloft.callback-token-previous}) then 'previous'
                        else 'unknown' end end,
           'seen', s.seen_at, 'lastEvent', a.last_at) order by coalesce(s.event, a.event), s.id), '[]') as text) as webhooks
  from webhook_subscription s full join webhook_activity a on a.event = s.event
