-- Webhook events that were asked for, newest first, as one JSON array; or the name of the parameter that is no instant. What is not asked for is left out of the
-- plan, which PostgreSQL makes anew at each call: each filter is found by an index. An id is the event's own, or, a number, that of the record that it is about;
-- the name of an event may be the beginning of one.
with found as (
    select e.id, e.event, e.state, e.received_at, e.traceparent
      from webhook_event e
     where (cast(:#${header.id} as text) is null or e.id = :#${header.id} or e.body ->> 'id' = substring(:#${header.id} from '^[0-9]+$'))
       and (cast(:#${header.event} as text) is null or e.event like regexp_replace(:#${header.event}, '([\\%_])', '\\\1', 'g') || '%')
       and (cast(:#${header.state} as text) is null or e.state = :#${header.state})
       and (cast(:#${header.since} as text) is null or e.received_at >= (select to_instant(:#${header.since})))
       and (cast(:#${header.until} as text) is null or e.received_at <= (select to_instant(:#${header.until})))
     order by e.received_at desc, e.id limit coalesce(cast(:#${header.limit} as integer), 100)
), shown as (
    select f.id, f.event, f.state, f.received_at as "receivedAt", (select d.error from dead_letter d where d.event_id = f.id and d.state = 'dead') as error, trace_id(f.traceparent) as trace
      from found f
)
select case when to_instant(:#${header.since}) is null and cast(:#${header.since} as text) is not null then 'since'
            when to_instant(:#${header.until}) is null and cast(:#${header.until} as text) is not null then 'until' end as invalid,
       (select cast(coalesce(json_agg(row_to_json(s) order by s."receivedAt" desc, s.id), '[]') as text) from shown s) as events
