-- Notes what SalesLoft says of our subscriptions: a page of its list, or the answer to one that was made or enabled. Nothing
-- without the lease. Ours is what has our URL, and what we made, whatever SalesLoft says of it. What we make has the current
-- token; a token that is not shown, or only in part, leaves the fingerprint we know. Says whether to read
-- on: SalesLoft speaks of a next page (next; webhook-subscriptions-read-pages counts them from 0), and this one brought what was not in
-- those before (ids).
with gate as (
    select 1 from lease
     where name = 'webhooks' and holder = cast(:#${ref:instance} as text) and fence = cast(:#${exchangeProperty.fence} as bigint)
       for update
), asked as (
    select coalesce(cast(:#${exchangeProperty.change[action]} as text), '') as action, cast(:#${exchangeProperty.change[event]} as text) as event,
           coalesce(cast(:#${header.said[ids]} as text), '') as ids,
           fingerprint(:#${properties:salesloft.callback-token}) as current, fingerprint(:#${properties:salesloft.callback-token-previous}) as previous
), said as materialized (
    select case json_typeof(list) when 'array' then list when 'object' then json_build_array(list) else '[]' end as list,
           json_typeof(list) in ('array', 'object') as listed, paged
      from (select case when json_typeof(answer) = 'object' then answer -> 'data' else answer end as list,
                   case when json_typeof(answer) = 'object' then answer -> 'metadata' -> 'paging' ->> 'next_page' end is not null as paged
              from readable(:#${bodyAs(String)}) as answer) body
), noted as (
    insert into webhook_subscription as w (id, event, token_fingerprint, enabled, seen_at)
    select s.id, coalesce(s.event_type, a.event),
           case when a.action = 'create' then a.current
                when fingerprint(s.callback_token) in (a.current, a.previous) then fingerprint(s.callback_token)
                when s.callback_token is null or s.callback_token like '%*%' then ''
                else fingerprint(s.callback_token) end,
           coalesce(s.enabled, true), now()
      from said, json_to_recordset(said.list) as s (id bigint, event_type text, callback_url text, callback_token text, enabled boolean), asked a, gate
     where s.id is not null and coalesce(s.event_type, a.event) is not null
       and (a.action <> '' or s.callback_url = :#${exchangeProperty.callbackUrl} or s.id in (select id from webhook_subscription))
    on conflict (id) do update
       set event = excluded.event, enabled = excluded.enabled, seen_at = excluded.seen_at,
           token_fingerprint = coalesce(nullif(excluded.token_fingerprint, ''), w.token_fingerprint)
), made as (
    insert into webhook_subscription_made (event, token_fingerprint) select a.event, a.current from asked a, gate where a.action = 'create'
)
select coalesce(listed, false) as listed, paged and fresh > 0 as more, ids, 'page=' || cast(:#${exchangeProperty.CamelLoopIndex} as integer) + 2 as next
  from said, lateral (
       select count(*) filter (where e.value ->> 'id' <> all (string_to_array(asked.ids, ','))) as fresh,
              concat_ws(',', nullif(min(asked.ids), ''), string_agg(e.value ->> 'id', ',')) as ids
         from asked left join json_array_elements(said.list) e on true) page
