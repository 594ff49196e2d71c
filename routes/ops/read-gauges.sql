-- One row a gauge: its name, its value, and its label where it has one.
select 'salesloft.auth.down' as name, cast(auth_down as integer) as value, null as label, null as labelled from probe
union all
select 'salesloft.budget.remaining', greatest(0, cast(:#${properties:salesloft.rate-limit} as bigint) - coalesce(
           (select spent from rate_budget
             where window_start = date_bin(cast(:#${properties:salesloft.rate-window} as interval), now(), timestamptz 'epoch')), 0)), null, null
union all
select 'salesloft.breaker.state', case cast(:#${bean:breaker?method=state} as text) when 'closed' then 0 when 'open' then 1 else 2 end, null, null
union all
select 'salesloft.dead.letters', count(*), null, null from dead_letter where state = 'dead'
union all
select 'salesloft.outbox.backlog', (select count(*) from outbox) + (select count(*) from result_outbox) + (select count(*) from notice_outbox), null, null
union all
select 'salesloft.paused', cast(paused as integer), null, null from control
union all
select 'salesloft.webhook.backlog', count(*), null, null from webhook_event where state = 'received'
union all
select 'salesloft.webhook.last.event.timestamp.seconds', extract(epoch from max(last_at)), null, null from webhook_activity
union all
select 'salesloft.webhook.subscriptions.refused', count(*), null, null from webhook_subscription_refusal
union all
-- Since the start of the last run that reached the end: how old the mirror may be.
select 'salesloft.sync.lag.seconds', extract(epoch from now() - last_run_at), 'resource', resource from sync_cursor
union all
select 'salesloft.build.info', 1, 'release', cast(:#${properties:salesloft.release} as text)
union all
-- The latest rollback: 0 none, or done; 1 running, 2 blocked, 3 unverified, 4 failed.
select 'salesloft.rollback.state', coalesce((select array_position(array['running', 'blocked', 'unverified', 'failed'], state) from rollback_run order by started_at desc limit 1), 0), null, null
