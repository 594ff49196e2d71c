-- The next notice that is due to the audience of this lease, under the lease: without it there is nothing to send. With what people
-- read: one line for the log, and as text for a chat, in which &, < and > would be commands to Slack.
select n.id, n.audience, coalesce(n.traceparent, traceparent_of(n.id)) as traceparent, said.line,
       case n.audience when 'sales' then :#${properties:salesloft.notify-sales-url} else :#${properties:salesloft.notify-ops-url} end as url,
       cast(jsonb_build_object('text', replace(replace(replace(said.line, '&', '&amp;'), '<', '&lt;'), '>', '&gt;')) || n.document as text) as payload
  from due_notice n,
       lateral (select concat_ws(' ', case when cast(n.document ->> 'over' as boolean) then 'over' else n.document ->> 'severity' end, n.document ->> 'priority') || ': '
                       || (n.document ->> 'message') || chr(10) || 'Runbook: ' || coalesce(n.document ->> 'runbookUrl', n.document ->> 'runbook') as line) said
 where n.audience = split_part(:#${exchangeProperty.lease}, ':', 2)
   and exists (select from lease
                where name = cast(:#${exchangeProperty.lease} as text) and holder = cast(:#${ref:instance} as text) and fence = cast(:#${exchangeProperty.fence} as bigint))
 order by n.next_attempt_at, n.at
 limit 1
