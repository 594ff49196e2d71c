-- Pulls a resource again from an instant (none: everything). The fence rises, so that a run under way cannot move the
-- cursor back. An instant ahead of the cursor would skip what lies between: then the pull goes on from the cursor.
-- No row: the resource is not known. Not valid: since is no instant of the past, and nothing was changed.
with asked as (
    select resource, to_instant(:#${body[since]}) as since,
           cast(:#${body[since]} as text) is null or coalesce(to_instant(:#${body[since]}) <= now(), false) as valid
      from sync_cursor where resource = :#${body[resource]}
), fenced as (
    update lease l set holder = '', fence = fence + 1, expires_at = now() from asked a where l.name = 'pull:' || a.resource and a.valid
), rewound as (
    -- No run is open: the next claim opens one in the resource's own mode, at the cursor.
    update sync_cursor c
       set cursor = case when a.since is not null and c.cursor is not null then least(c.cursor, a.since) end,
           last_run_at = null, run_started_at = null, page = 1, tie_count = null, next_run_at = now(), state = 'queued', error = null,
           traceparent = :#${exchangeProperty.traceparent}
      from asked a where c.resource = a.resource and a.valid
)
select valid, cast(json_build_object('resource', resource, 'since', since, 'state', 'queued') as text) as answer from asked
