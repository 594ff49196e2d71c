-- What it takes to have one enabled subscription with the current token for each wanted event. One that replaces another
-- comes first: the other goes only when an enabled one is there. Subscriptions to events that are not wanted are left alone.
-- Until a change of the token has reached all replicas (settled) those with the previous one are as good, because replicas
-- that do not know the current one yet take nothing else.
-- One that was made three times in a day, and is not to be seen, is not made again (hold). What SalesLoft refused waits for its
-- time (note-refusal.sql); what is as wanted by now has its refusal forgotten.
with gate as (
    select 1 from lease
     where name = 'webhooks' and holder = cast(:#${ref:instance} as text) and fence = cast(:#${exchangeProperty.fence} as bigint)
       for update
), wanted as (
    select unnest(string_to_array(:#${exchangeProperty.wanted}, ',')) as event from gate
), gone as (
    -- Not in the lists of the last minutes. Not sooner, or one that is slow to show would be made again.
    delete from webhook_subscription using gate where seen_at < now() - interval '3 minutes'
), forgotten as (
    delete from webhook_subscription_made using gate where at < now() - interval '1 day'
), token as (
    select fingerprint(:#${properties:salesloft.callback-token}) as current,
           case when not cast(:#${exchangeProperty.settled} as boolean) then fingerprint(nullif(:#${properties:salesloft.callback-token-previous}, '')) end as previous
), ours as materialized (
    select w.*, w.token_fingerprint = t.current as current, coalesce(w.token_fingerprint = t.previous, false) as previous
      from webhook_subscription w join wanted on wanted.event = w.event, token t
     where w.seen_at >= now() - interval '3 minutes'
), good as (
    select distinct on (event) id, event, enabled from ours where current or previous order by event, enabled desc, current desc, id
), refused as materialized (
    select r.event, r.action, r.next_at > now()
               and r.fingerprint = fingerprint(cast(:#${exchangeProperty.callbackUrl} as text) || ' ' || :#${properties:salesloft.callback-token}) as waits
      from webhook_subscription_refusal r
), settled as (
    delete from webhook_subscription_refusal r using gate
     where case r.action
           when 'create' then r.event in (select event from good) or r.event not in (select event from wanted)
           when 'enable' then r.event not in (select event from good where not enabled)
           else not exists (select from ours o where o.event = r.event having count(*) > 1) end
), lacking as (
    select w.event,
           (select count(*) from webhook_subscription_made m, token
             where m.event = w.event and m.token_fingerprint = token.current and m.at > now() - interval '1 day') >= 3 as hold
      from wanted w where not exists (select from good g where g.event = w.event)
), planned as (
    select 'create' as action, event, null as id,
           cast(json_build_object('callback_url', cast(:#${exchangeProperty.callbackUrl} as text), 'callback_token', '$SALESLOFT_CALLBACK_TOKEN', 'event_type', event) as text) as body
      from lacking where not hold
    union all
    select 'enable', g.event, g.id, '{"enabled":true}' from good g where not g.enabled
    union all
    select 'delete', o.event, o.id, '' from ours o join good g on g.event = o.event and g.enabled and g.id <> o.id where not o.previous
)
select p.action, event, id, body, c.method, c.operation, '/v2/webhook_subscriptions' || coalesce('/' || id, '') as path
  from planned p join (values ('create', 'POST', 'create'), ('enable', 'PUT', 'update'), ('delete', 'DELETE', 'delete')) as c (action, method, operation) on c.action = p.action
 where not exists (select from refused r where r.event = p.event and r.action = p.action and r.waits)
union all
select 'hold', string_agg(event, ', ' order by event), null, '', null, null, null from lacking where hold having count(*) > 0
