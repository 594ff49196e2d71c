-- GET /ops/webhooks in one document: our subscriptions, the kinds of event that come without one of ours (id null), and what
-- SalesLoft refused, which is asked for again later (next).
select cast(coalesce(json_agg(json_build_object(
           'event', event, 'id', s.id, 'enabled', s.enabled,
           'token', case when s.id is null then null else case s.token_fingerprint
                        when fingerprint(:#${properties:salesloft.callback-token}) then 'current'
                        when fingerprint(:#${properties:salesloft.callback-token-previous}) then 'previous'
                        else 'unknown' end end,
           'seen', s.seen_at, 'lastEvent', a.last_at, 'refused', r.refused) order by event, s.id), '[]') as text) as webhooks
  from webhook_subscription s
  full join webhook_activity a using (event)
  full join (select event, json_agg(json_build_object('action', action, 'error', error, 'times', refusals, 'since', first_at, 'next', next_at)) as refused
               from webhook_subscription_refusal group by event) r using (event)
