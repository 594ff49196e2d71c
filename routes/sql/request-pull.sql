-- Pulls a resource again from an instant (none: everything). The fence rises, so that a run under way cannot move the
-- cursor back. No row: the resource is not known. Not valid: since is no instant, and nothing was changed.
with asked as (
    select resource, to_instant(:#${exchangeProperty.since}) as since,
           cast(:#${exchangeProperty.since} as text) is null or to_instant(:#${exchangeProperty.since}) is not null as valid
      from sync_cursor where resource = :#${exchangeProperty.resource}
), fenced as (
    update lease l set holder = '', fence = fence + 1, expires_at = now() from asked a where l.name = 'pull:' || a.resource and a.valid
), rewound as (
    update sync_cursor c
       set cursor = a.since, phase = case c.phase when 'full' then 'full' else 'from' end, page = 1, tie_count = null,
           run_started_at = now(), next_run_at = now(), state = 'queued', error = null
      from asked a where c.resource = a.resource and a.valid
)
select valid, cast(json_build_object('resource', resource, 'since', since, 'state', 'queued') as text) as answer from asked
