-- What /health says: the last probe (one that is thirty seconds old tells nothing: then whoever makes it is stuck), what is left of this window, and the pause.
select p.at, seen.connected, cast(row_to_json(answer) as text) as document
  from probe p, control c,
       (select cast(:#${properties:salesloft.rate-limit} as bigint) as points, cast(:#${properties:salesloft.rate-window} as interval) as length) s
       left join rate_budget b on b.window_start = date_bin(s.length, now(), timestamptz 'epoch'),
       lateral (select p.connected and p.at > now() - interval '30 seconds' as connected, p.latency_ms as "latencyMs") seen,
       lateral (select case when seen.connected then 'healthy' else 'degraded' end as status,
                       row_to_json(seen) as salesloft,
                       cast(:#${properties:salesloft.version} as text) as version,
                       cast(:#${properties:salesloft.release} as text) as release,
                       cast(:#${bean:breaker?method=state} as text) as breaker,
                       case when s.points > 0 then greatest(0, s.points - coalesce(b.spent, 0)) end as "budgetRemaining",
                       c.paused,
                       'up' as database) answer
