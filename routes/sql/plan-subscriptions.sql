-- What it takes to have one enabled subscription with the current token for each wanted event. One that replaces another
-- comes first: the other goes only when an enabled one is there. Subscriptions to events that are not wanted are left alone.
with gate as (
    select 1 from lease
     where name = 'webhooks' and holder = cast(:#${ref:instance} as text) and fence = cast(:#${exchangeProperty.fence} as bigint)
       for update
), wanted as (
    select unnest(string_to_array(:#${exchangeProperty.wanted}, ',')) as event from gate
), gone as (
    -- Not in the lists of the last minutes. Not sooner, or one that is slow to show would be made again.
    delete from webhook_subscription using gate where seen_at < now() - interval '3 minutes'
), ours as materialized (
    select w.* from webhook_subscription w join wanted on wanted.event = w.event where w.seen_at >= now() - interval '3 minutes'
), good as (
    select distinct on (event) id, event, enabled from ours
     where token_fingerprint = fingerprint(:#${properties:salesloft.callback-token})
     order by event, enabled desc, id
)
select 'create' as action, w.event, null as id,
       cast(json_build_object('callback_url', cast(:#${exchangeProperty.callbackUrl} as text), 'callback_token', '$SALESLOFT_CALLBACK_TOKEN', 'event_type', w.event) as text) as body
  from wanted w where not exists (select from good g where g.event = w.event)
union all
select 'enable', g.event, g.id, '{"enabled":true}' from good g where not g.enabled
union all
select 'delete', o.event, o.id, '' from ours o join good g on g.event = o.event and g.enabled and g.id <> o.id
