-- How many points a day this installation needs, and whether SalesLoft's limit has them. What is not asked for (people, accounts, memberships,
-- writesPerDay, pollSeconds) is taken from the mirror and the settings as they are. Every number comes from where it is a policy: prices, page
-- sizes, shares and the probe from their beans, how a list is read and how often from its route (sync_cursor, since its first run).
with setting as (
    select cast(:#${body[people]} as bigint) as people, cast(:#${body[accounts]} as bigint) as accounts, cast(:#${body[memberships]} as bigint) as memberships,
           -- Mutations of the last day, where it is not said how many are to come.
           coalesce(cast(:#${body[writesPerDay]} as numeric), (select count(*) from operation where ended_at > now() - interval '1 day')) as writes,
           -- A resource is due once a second at most.
           coalesce(cast(:#${body[pollSeconds]} as numeric), greatest(1, trim_scale(extract(epoch from cast(:#${properties:salesloft.sync-interval} as interval))))) as poll,
           cast(:#${ref:rate-limit} as numeric) as points, 60 / extract(epoch from cast(:#${ref:rate-window} as interval)) as windows_a_minute,
           cast(:#${ref:bulk-share} as integer) as bulk_share, cast(:#${ref:page-size} as numeric) as page, cast(:#${ref:comparison-ids} as numeric) as ids,
           86400 / cast(:#${ref:probe-seconds} as numeric) as probes, cast(:#${ref:changes-assumed} as numeric) / 100 as assumed,
           -- None when its hours begin as they end.
           case when split_part(hours, '-', 1) <> split_part(hours, '-', 2) then 86400 / extract(epoch from cast(:#${properties:salesloft.compare-interval} as interval)) else 0 end as comparisons
      from (select cast(:#${properties:salesloft.compare-hours} as text) as hours) h
), price as (
    -- The bean page-prices: a call for one of the pages first to last costs so many points.
    select first, coalesce(lead(first) over (order by first) - 1, 1000000000) as last, points
      from regexp_matches(cast(:#${bean:page-prices?method=toString} as text), '([0-9]+)=([0-9]+)', 'g') p,
           lateral (select cast(p[1] as bigint) as first, cast(p[2] as bigint) as points) v
), held as (
    -- What the mirror holds, and the part of it that has changed within a day; null where it holds nothing.
    select r.resource, l.live, (select count(*) from record m where m.resource = r.resource and m.updated_at > now() - interval '1 day') / nullif(cast(l.live as numeric), 0) as changing
      from unnest(string_to_array(cast(:#${properties:salesloft.sync-resources} as text), ',')) r (resource),
           lateral (select count(*) as live from record m where m.resource = r.resource and m.deleted_at is null) l
), resource as (
    -- By page numbers a page costs the more the deeper it lies; by cursor each is a first page.
    select h.resource, v.records, w.whole, paid.paged, case when w.whole then paid.paged else n.pages * paid.call end as load,
           h.changing is null as assumed, v.records * least(1, coalesce(h.changing, s.assumed)) as changes,
           case when w.whole then coalesce(extract(epoch from c.every), s.poll) else s.poll end as every
      from held h left join sync_cursor c on c.resource = h.resource, setting s,
           lateral (select coalesce(case h.resource when 'people' then s.people when 'accounts' then s.accounts when 'cadence_memberships' then s.memberships end, h.live) as records) v,
           lateral (select coalesce(c.list_order not like '%sort_by=updated_at%', false) as whole) w,
           lateral (select greatest(1, ceil(v.records / s.page)) as pages) n,
           lateral (select sum(greatest(0, least(n.pages, p.last) - p.first + 1) * p.points) as paged, min(p.points) filter (where p.first = 1) as call from price p) paid
), need as (
    -- In a day: a list by updated_at costs a call each time, and one for each page of changes; one that is read whole costs all of its pages. A write
    -- that comes alone costs the call that finds out who it is about, and its own.
    select s.*, c.call, r.*, s.comparisons * r.chunks * c.call as comparison, 2 * s.writes * c.call as writing, s.probes * c.call as probing,
           s.points * s.windows_a_minute as a_minute, greatest(1, s.points * s.bulk_share / 100) * s.windows_a_minute as bulk_a_minute
      from setting s, (select points as call from price where first = 1) c,
           lateral (select sum(case when whole then 86400 / every * paged else (86400 / every + changes / s.page) * c.call end) as polls,
                           sum(ceil(records / s.ids)) as chunks, sum(load) as load, sum(paged) as load_paged from resource) r
), total as (
    select n.*, b.bulk, b.bulk + n.probing as total, n.bulk_a_minute - b.bulk / 1440 as spare
      from need n, lateral (select n.polls + n.comparison + n.writing as bulk) b
), outage as (
    -- What has changed meanwhile, what is read whole, and the writes that have waited, with what bulk work may spend and does not need anyway.
    select o.hours, c.points, case when t.points = 0 then 0 when t.spare > 0 then c.points / t.spare end as minutes
      from total t, (values (1), (24)) o (hours),
           lateral (select sum(case when whole then paged else greatest(1, ceil(changes * o.hours / 24 / t.page)) * t.call end) + ceil(t.writing * o.hours / 24) as points from resource) c
), verdict as (
    select case when t.points = 0 then null
                when t.bulk > t.bulk_a_minute * 1440 then format('pulls, comparison and writes need %s points a day, and bulk work may spend %s, which is %s %% of SALESLOFT_RATE_LIMIT',
                                                                 ceil(t.bulk), floor(t.bulk_a_minute * 1440), t.bulk_share)
                when t.total > t.a_minute * 1440 then format('%s points a day are needed, and SALESLOFT_RATE_LIMIT has %s', ceil(t.total), floor(t.a_minute * 1440))
                when (select bool_or(minutes > 1440) from outage) then 'after an outage of a day it takes more than a day to catch up'
                when t.load > t.bulk_a_minute * 1440 then 'the first load takes more than a day' end as reason
      from total t
)
select cast(json_build_object(
           'fits', v.reason is null, 'reason', v.reason,
           'people', (select records from resource where resource = 'people'), 'accounts', (select records from resource where resource = 'accounts'),
           'memberships', (select records from resource where resource = 'cadence_memberships'), 'writesPerDay', t.writes, 'pollSeconds', t.poll,
           'perDay', json_build_object('polls', ceil(t.polls), 'comparison', ceil(t.comparison), 'writes', t.writing, 'health', ceil(t.probing), 'total', ceil(t.total),
                                       'limit', case when t.points > 0 then floor(t.a_minute * 1440) end, 'bulkMaySpend', case when t.points > 0 then floor(t.bulk_a_minute * 1440) end),
           'room', case when t.points > 0 then json_build_object('percent', round(100 - 100 * t.total / (t.a_minute * 1440), 1), 'pointsPerMinute', round(t.a_minute - t.total / 1440, 1)) end,
           'catchUp', (select json_agg(json_build_object('outageHours', hours, 'points', points, 'minutes', round(minutes, 1)) order by hours) from outage),
           'load', json_build_object('points', t.load, 'byPageNumbers', t.load_paged, 'minutes', case when t.points > 0 then round(t.load / t.bulk_a_minute, 1) end),
           'resources', (select json_object_agg(resource, json_build_object('records', records, 'points', load, 'byPageNumbers', paged, 'readWhole', whole,
                                                                            'changesPerDay', round(changes), 'changesAssumed', assumed) order by resource) from resource)) as text) as forecast
  from total t, verdict v
