-- One row a gauge: its name, its help text, its value, and its label where it has one.
select 'salesloft.gauges.read.timestamp.seconds' as name, 'When the gauges were read from the database last' as help,
       extract(epoch from now()) as value, null as label, null as labelled
union all
select 'salesloft.build.info', 'Always 1; the label says which release this is', 1, 'release', cast(:#${properties:salesloft.release} as text)
union all
-- A probe that is thirty seconds old tells nothing, as in /health.
select g.name, g.help, g.value, null, null
  from probe p, lateral (values
       ('salesloft.auth.down', '1 while SalesLoft turns our credentials away', cast(p.auth_down as integer)),
       ('salesloft.connected', '1 while the last probe of SalesLoft was answered', cast(p.connected and p.at > now() - interval '30 seconds' as integer))) g (name, help, value)
union all
select g.name, g.help, g.value, null, null
  from (select cast(:#${properties:salesloft.rate-limit} as bigint) as points, cast(:#${properties:salesloft.rate-window} as interval) as length) s
       left join rate_budget b on b.window_start = date_bin(s.length, now(), timestamptz 'epoch'),
       lateral (values
       ('salesloft.budget.limit', 'Points that SalesLoft gives the team in a window; 0: no limit', s.points),
       ('salesloft.budget.remaining', 'Points of this window that are neither spent nor reserved', greatest(0, s.points - coalesce(b.spent, 0)))) g (name, help, value)
union all
select 'salesloft.breaker.state', 'Circuit breaker of this replica: 0 closed, 1 open, 2 half-open',
       case cast(:#${bean:breaker?method=state} as text) when 'closed' then 0 when 'open' then 1 when 'half-open' then 2 end, null, null
union all
select 'salesloft.dead.letters', 'Dead letters that were neither replayed nor discarded', count(*), null, null from dead_letter where state = 'dead'
union all
select g.name, g.help, g.value, null, null
  from (values
       ('salesloft.outbox.backlog', 'Messages that wait for Kafka', (select count(*) from outbox) + (select count(*) from result_outbox) + (select count(*) from notice_outbox)),
       ('salesloft.outbox.oldest.seconds', 'How long the first of the messages that wait for Kafka has waited', cast(coalesce(extract(epoch from now() - least(
           (select at from outbox order by seq limit 1), (select at from result_outbox order by seq limit 1), (select at from notice_outbox order by seq limit 1))), 0) as numeric)),
       ('salesloft.token.store.waiting.seconds', 'How long the token store has been without the newest pair, which PostgreSQL keeps meanwhile', cast(coalesce((
           select extract(epoch from now() - coalesce(waits_since, changed_at)) from oauth_token
            where pair <> '' and cast(:#${properties:salesloft.token-store} as text) <> 'database' and not cast(:#${bean:token-custody?method=usesApiKey} as boolean)), 0) as numeric)),
       ('salesloft.jobs.open', 'Push jobs that have rows to write', (select count(*) from sync_job where finished_at is null)),
       ('salesloft.notices.waiting', 'Notices that wait for their receiver', (select count(*) from notice where state = 'waiting')),
       ('salesloft.webhook.backlog', 'Webhook events that wait to be applied', (select count(*) from webhook_event where state = 'received')),
       ('salesloft.webhook.last.event.timestamp.seconds', 'When the last webhook event came', (select extract(epoch from max(last_at)) from webhook_activity)),
       ('salesloft.webhook.subscriptions', 'Subscriptions to events that SalesLoft showed us in the last minutes', (select count(*) from webhook_subscription where enabled and seen_at > now() - interval '3 minutes')),
       ('salesloft.webhook.subscriptions.refused', 'Subscriptions that SalesLoft refuses to make, enable or remove', (select count(*) from webhook_subscription_refusal)),
       -- 0 none, or done.
       ('salesloft.rollback.state', 'The latest rollback: 0 none or done, 1 running, 2 blocked, 3 unverified, 4 failed',
           coalesce((select array_position(array['running', 'blocked', 'unverified', 'failed'], state) from rollback_run order by started_at desc limit 1), 0))) g (name, help, value)
union all
select 'salesloft.paused', '1 while pull and push are paused', cast(paused as integer), null, null from control
union all
-- Since the start of the last run that reached the end, or of the first one, which has not: how old the mirror may be. Resources that were
-- taken out of SYNC_RESOURCES keep their row, and concern nobody.
select g.name, g.help, g.value, 'resource', c.resource
  from sync_cursor c, lateral (values
       ('salesloft.sync.lag.seconds', 'Since the start of the last pull that reached the end: how old the mirror may be', extract(epoch from now() - coalesce(c.last_run_at, c.finished_at, c.run_started_at))),
       ('salesloft.sync.forbidden', '1 while SalesLoft does not let us pull the resource', cast((c.state = 'forbidden') as integer))) g (name, help, value)
 where c.resource = any (string_to_array(cast(:#${properties:salesloft.sync-resources} as text), ','))
