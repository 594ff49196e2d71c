-- What the console shows first, in one document. It looks through nothing that grows with the mirror or with the audit log: records are as many as PostgreSQL
-- estimates (null: it has not looked yet), what waits is counted up to 10,000, and what waits for Kafka is as it was gauged last, within some seconds.
with setting as (
    select clock_timestamp() as at, cast(:#${ref:rate-limit} as bigint) as points, cast(:#${ref:rate-window} as interval) as length, c.paused
      from control c
), clock as (
    -- The last hour by windows, or by minutes where windows are shorter.
    select *, date_bin(length, at, timestamptz 'epoch') as start, greatest(length, interval '1 minute') as step from setting
), spent as (
    select c.*, coalesce(b.spent, 0) as spent, coalesce(b.health, 0) as health, coalesce(b.interactive, 0) as interactive, coalesce(b.bulk, 0) as bulk
      from clock c left join rate_budget b on b.window_start = c.start
), window_of as (
    select date_bin(c.step, b.window_start, timestamptz 'epoch') as at, sum(b.spent) as spent, sum(b.health) as health, sum(b.interactive) as interactive, sum(b.bulk) as bulk
      from clock c, rate_budget b where b.window_start >= date_bin(c.step, c.at - interval '1 hour', timestamptz 'epoch') group by 1
), hour as (
    select json_agg(json_build_object('at', s.at, 'health', coalesce(w.health, 0), 'interactive', coalesce(w.interactive, 0), 'bulk', coalesce(w.bulk, 0),
                                      'others', greatest(0, coalesce(w.spent - w.health - w.interactive - w.bulk, 0))) order by s.at) as windows
      from clock c, lateral generate_series(date_bin(c.step, c.at - interval '1 hour', timestamptz 'epoch'), c.at, c.step) s (at) left join window_of w on w.at = s.at
), process as (
    -- Each says so every five seconds (shared-leases); one of a release before this table has leases alone.
    select coalesce(r.name, left(l.holder, 8)) as name, r.release, r.started_at, coalesce(l.leases, '[]') as leases
      from (select * from replica where seen_at > now() - interval '15 seconds') r
      full join (select holder, json_agg(name order by name) as leases from lease where holder <> '' and expires_at > now() group by holder) l on l.holder = r.instance
), estimate as (
    select v.resource, round(cast(c.reltuples * v.share as numeric)) as records
      from pg_class c join pg_stats s on s.schemaname = current_schema() and s.tablename = 'record' and s.attname = 'resource',
           unnest(cast(cast(s.most_common_vals as text) as text[]), s.most_common_freqs) v (resource, share)
     where c.oid = to_regclass('record')
), pull as (
    select c.*, e.records, p.seen, p.total, p.seconds
      from sync_cursor c left join estimate e on e.resource = c.resource,
           -- How many there are to read SalesLoft has said as a first pull began, or a reading whole; a page begins with the last record of the one before.
           lateral (select case when c.run_started_at is not null then c.run_seen end as seen,
                           case when c.run_started_at is not null and (c.last_run_at is null or c.phase = 'full') then c.run_records end as total,
                           extract(epoch from now() - c.run_started_at) as seconds) p
     where c.resource = any (string_to_array(cast(:#${properties:salesloft.sync-resources} as text), ','))
), job as (
    select job_state(j, s.paused) as state from sync_job j, setting s where j.finished_at is null
)
select cast(json_build_object(
           'at', s.at, 'release', cast(:#${properties:salesloft.release} as text), 'version', cast(:#${properties:salesloft.version} as text),
           'replicas', (select coalesce(json_agg(json_build_object('name', name, 'release', release, 'since', started_at, 'leases', leases) order by name), '[]') from process),
           'health', (select json_build_object('status', case when seen.connected then 'healthy' else 'degraded' end, 'connected', seen.connected, 'latencyMs', p.latency_ms,
                                               'breaker', cast(:#${bean:breaker?method=state} as text))
                        from probe p, lateral (select p.connected and p.at > now() - interval '30 seconds' as connected) seen),
           'pause', (select json_build_object('paused', paused, 'by', by, 'reason', reason, 'since', since) from control),
           'rollback', (select json_build_object('rollback', id, 'state', state, 'at', coalesce(ended_at, started_at)) from rollback_run order by started_at desc limit 1),
           'budget', json_build_object('limit', s.points, 'windowSeconds', trim_scale(extract(epoch from s.length)), 'windowEndsAt', s.start + s.length, 'spent', s.spent,
                                       'remaining', case when s.points > 0 then greatest(0, s.points - s.spent) end,
                                       'byPriority', json_build_object('health', s.health, 'interactive', s.interactive, 'bulk', s.bulk, 'others', greatest(0, s.spent - s.health - s.interactive - s.bulk)),
                                       'hour', (select windows from hour)),
           'sync', (select coalesce(json_agg(json_build_object('resource', resource, 'state', state, 'lagSeconds', greatest(0, round(extract(epoch from now() - coalesce(last_run_at, finished_at, run_started_at)))),
                                                               'lastRun', last_run_at, 'records', records, 'pulled', least(seen, total), 'total', total,
                                                               'etaSeconds', case when seen > 0 and total is not null then ceil(greatest(0, total - seen) * seconds / seen) end,
                                                               'error', error) order by resource), '[]') from pull),
           'events', json_build_object('lastAt', (select max(last_at) from webhook_activity),
                                       'waiting', (select count(*) from (select from webhook_event where state = 'received' limit 10000) few),
                                       'dead', (select count(*) from (select from webhook_event where state = 'dead' limit 10000) few)),
           'outbox', json_build_object('waiting', cast(:#${bean:gauges?method=value('salesloft.outbox.backlog')} as bigint),
                                       'oldestSeconds', round(cast(:#${bean:gauges?method=value('salesloft.outbox.oldest.seconds')} as numeric))),
           'deadLetters', (select count(*) from (select from dead_letter where state = 'dead' limit 10000) few),
           'jobs', (select json_build_object('queued', count(*) filter (where state in ('queued', 'counting')), 'running', count(*) filter (where state = 'running'),
                                             'paused', count(*) filter (where state = 'paused'), 'waitsForApproval', count(*) filter (where state = 'waiting')) from job),
           'checklist', (select json_build_object('at', begun_at, 'passed', coalesce(cast(document -> 'counts' ->> 'PASS' as integer), 0), 'failed', coalesce(cast(document -> 'counts' ->> 'FAIL' as integer), 0),
                                                  'state', case when cast(document ->> 'passed' as boolean) then 'passed' else 'failed' end)
                           from checklist_run where ended_at is not null order by ended_at desc limit 1)) as text) as overview
  from spent s
