-- Takes the lease of a resource whose pull is due, and opens a run, or goes on with the one that was left unfinished.
-- A new run reaches back behind the start of the last finished one; a resumed run starts exactly at the cursor, and
-- reads a group of equal timestamps again from its first page. No row: not due, paused, or another replica has it.
-- A list that SalesLoft did not filter and sort as asked within the last week (whole_since) is read whole, in another order.
-- A lease of our own is one that could not be given back, because PostgreSQL was away as the run ended.
with asked as (
    select cast(:#${exchangeProperty.resource} as text) as resource, cast(:#${exchangeProperty.list[mode]} as text) as mode,
           cast(:#${exchangeProperty.list[order]} as text) || case :#${exchangeProperty.list[content]} when 'subject' then '&scoped_fields%5B%5D=subject'
               when 'body' then '&scoped_fields%5B%5D=subject&scoped_fields%5B%5D=body' else '' end as list_order, cast(:#${exchangeProperty.list[wholeOrder]} as text) as whole_order,
           cast(:#${exchangeProperty.list[every]} as interval) as every, cast(:#${exchangeProperty.list[wholeEvery]} as interval) as whole_every
), due as (
    select a.*, case when a.mode = 'from' and c.whole_since > now() - interval '7 days' then 'full' else a.mode end as phase
      from asked a left join sync_cursor c on c.resource = a.resource
     where coalesce(c.next_run_at, now()) <= now() and not (select paused from control)
), taken as (
    insert into lease as l (name, holder, fence, expires_at)
    select 'pull:' || resource, cast(:#${ref:instance} as text), 1, now() + make_interval(secs => cast(:#${ref:lease-seconds} as integer)) from due
    on conflict (name) do update
       set holder = excluded.holder, fence = l.fence + 1, expires_at = excluded.expires_at
     where l.expires_at <= now() or l.holder = excluded.holder
    returning fence
)
insert into sync_cursor as c (resource, path, list_order, cursor, phase, state, run_started_at, every, traceparent)
select due.resource, :#${exchangeProperty.list[path]}, due.list_order, to_instant(:#${properties:salesloft.sync-since}), due.phase, 'running', now(),
       case when due.phase = 'full' and due.mode = 'from' then due.whole_every else due.every end, :#${exchangeProperty.traceparent} from due, taken
on conflict (resource) do update
   set state = 'running',
       path = excluded.path,
       list_order = (select case when mode = 'from' and 'full' = case when c.run_started_at is null then phase else c.phase end
                                 then whole_order else list_order end from due),
       error = null,
       traceparent = coalesce(c.traceparent, excluded.traceparent),
       run_started_at = coalesce(c.run_started_at, now()),
       run_seen = case when c.run_started_at is not null then c.run_seen else 0 end,
       cursor = case when c.run_started_at is null then least(c.cursor, c.last_run_at - cast(:#${properties:salesloft.sync-overlap} as interval)) else c.cursor end,
       phase = case when c.run_started_at is null then excluded.phase else c.phase end,
       page = case when c.run_started_at is null or c.phase = 'tie' then 1 else c.page end,
       tie_count = null,
       every = (select case when mode = 'from' and 'full' = case when c.run_started_at is null then phase else c.phase end
                            then whole_every else due.every end from due)
returning (select fence from taken) as fence, phase, page, list_order, traceparent,
          -- How many records there are costs nothing more to ask: as a list is first pulled, or begun to be read whole.
          case when phase in ('from', 'full') and page = 1 and (run_started_at = now() and (phase = 'full' or last_run_at is null) or last_run_at is null and run_points is null) then '&include_paging_counts=true' else '' end as counted,
          cast(every as text) as interval,
          to_char(cursor at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as cursor
