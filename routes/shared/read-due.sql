-- What there is to do here: events to apply; rows for Kafka (or a publisher to be found); a comparison; a rollback; a batch that a bulk job writes; a token pair that waits
-- for its store, which is tried again after five seconds; and, comma between, who has notices to get, and the resources whose pull is due.
-- What another replica holds the lease of is left out.
with others as materialized (
    select name from lease where holder not in ('', cast(:#${ref:instance} as text)) and expires_at > now()
)
select exists (select from webhook_event where state = 'received') as events,
       cast(:#${properties:salesloft.kafka-brokers} as text) <> '' and not exists (select from others where name = 'outbox')
       and (exists (select from outbox) or exists (select from result_outbox) or exists (select from notice_outbox) or exists (select from republish)
            or not exists (select from lease where name = 'outbox' and expires_at > now())) as outbox,
       not exists (select from others where name = 'compare')
       and due_comparison(cast(:#${properties:salesloft.sync-resources} as text), cast(:#${properties:salesloft.compare-hours} as text)) is not null as comparison,
       not exists (select from others where name = 'rollback') and exists (select from rollback_run where ended_at is null) as rollback,
       not exists (select from others where name = 'push-bulk') and not (select paused from control) and exists (select from push_batch where state <> 'done' and next_at <= now()) as batches,
       cast(:#${properties:salesloft.token-store} as text) <> 'database' and not cast(:#${bean:token-custody?method=usesApiKey} as boolean)
       and exists (select from oauth_token where pair <> '' and (tried_at is null or tried_at < now() - interval '5 seconds')) as token,
       (select coalesce(string_agg(distinct audience, ','), '') from due_notice n where not exists (select from others where name = 'notices:' || n.audience)) as notices,
       (select coalesce(string_agg(r.resource, ','), '')
          from unnest(string_to_array(cast(:#${properties:salesloft.sync-resources} as text), ',')) as r (resource)
          left join sync_cursor c on c.resource = r.resource, control
         where coalesce(c.next_run_at, now()) <= now() and not control.paused
           and not exists (select from others where name = 'pull:' || r.resource)) as pulls
