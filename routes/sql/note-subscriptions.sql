-- Notes what SalesLoft says of our subscriptions: a page of its list, or the answer to one that was made or enabled. Nothing
-- without the lease. Whose token is not shown keeps the fingerprint we know; the gateway masks it in answers to what we sent,
-- and we only send the current one.
with gate as (
    select 1 from lease
     where name = 'webhooks' and holder = cast(:#${ref:instance} as text) and fence = cast(:#${exchangeProperty.fence} as bigint)
       for update
), said as materialized (
    select case json_typeof(list) when 'array' then list when 'object' then json_build_array(list) else '[]' end as list,
           json_typeof(list) in ('array', 'object') as listed
      from (select case when json_typeof(answer) = 'object' then answer -> 'data' else answer end as list
              from readable(:#${bodyAs(String)}) as answer) body
), noted as (
    insert into webhook_subscription as w (id, event, token_fingerprint, enabled, seen_at)
    select s.id, s.event_type,
           case when callback_token is null then ''
                when callback_token = '***' then fingerprint(:#${properties:salesloft.callback-token})
                else fingerprint(callback_token) end,
           coalesce(s.enabled, true), now()
      from said, json_to_recordset(said.list) as s (id bigint, event_type text, callback_url text, callback_token text, enabled boolean), gate
     where s.callback_url = :#${exchangeProperty.callbackUrl} and s.id is not null and s.event_type is not null
    on conflict (id) do update
       set event = excluded.event, enabled = excluded.enabled, seen_at = excluded.seen_at,
           token_fingerprint = coalesce(nullif(excluded.token_fingerprint, ''), w.token_fingerprint)
)
select coalesce(listed, false) as listed, coalesce(json_array_length(list), 0) as entries from said
