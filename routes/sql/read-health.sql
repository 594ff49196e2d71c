-- What /health says: the last probe, what is left of this window, and the pause.
select p.at, p.connected, cast(json_build_object(
           'status', case when p.connected then 'healthy' else 'degraded' end,
           'salesloft', json_build_object('connected', p.connected, 'latencyMs', p.latency_ms),
           'version', cast(:#${properties:salesloft.version} as text),
           'breaker', cast(:#${bean:breaker?method=state} as text),
           'budgetRemaining', case when s.points > 0 then greatest(0, s.points - coalesce(b.spent, 0)) end,
           'paused', c.paused,
           'database', 'up') as text) as document
  from probe p, control c,
       (select cast(:#${properties:salesloft.rate-limit} as bigint) as points, cast(:#${properties:salesloft.rate-window} as interval) as length) s
       left join rate_budget b on b.window_start = date_bin(s.length, now(), timestamptz 'epoch')
