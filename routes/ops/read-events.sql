-- Webhook events that were asked for, newest first, as one JSON array; or the name of the parameter that is no instant. Each state is looked through by its own
-- index, from the newest on. An id is the event's own, or, a number, that of the record that it is about.
with given as (
    select cast(:#${header.id} as text) as id, coalesce(cast(:#${header.event} as text), '') as event, cast(:#${header.state} as text) as state,
           cast(:#${header.since} as text) as since, cast(:#${header.until} as text) as until, coalesce(cast(:#${header.limit} as integer), 100) as most
), asked as (
    select id, case when id ~ '^[0-9]+$' then id end as record, event, state, most,
           case when since is null then '-infinity' else to_instant(since) end as since, case when until is null then 'infinity' else to_instant(until) end as until
      from given
), found as (
    (select e.id, e.event, e.state, e.received_at, e.traceparent from webhook_event e
      where e.state = 'received' and coalesce((select state from asked), 'received') = 'received' and e.received_at >= (select since from asked) and e.received_at <= (select until from asked)
        and starts_with(e.event, (select event from asked)) and ((select id from asked) is null or e.body ->> 'id' = (select record from asked) and e.id <> (select id from asked))
      order by e.received_at desc limit (select most from asked))
    union all
    (select e.id, e.event, e.state, e.received_at, e.traceparent from webhook_event e
      where e.state = 'applied' and coalesce((select state from asked), 'applied') = 'applied' and e.received_at >= (select since from asked) and e.received_at <= (select until from asked)
        and starts_with(e.event, (select event from asked)) and ((select id from asked) is null or e.body ->> 'id' = (select record from asked) and e.id <> (select id from asked))
      order by e.received_at desc limit (select most from asked))
    union all
    (select e.id, e.event, e.state, e.received_at, e.traceparent from webhook_event e
      where e.state = 'dead' and coalesce((select state from asked), 'dead') = 'dead' and e.received_at >= (select since from asked) and e.received_at <= (select until from asked)
        and starts_with(e.event, (select event from asked)) and ((select id from asked) is null or e.body ->> 'id' = (select record from asked) and e.id <> (select id from asked))
      order by e.received_at desc limit (select most from asked))
    union all
    select e.id, e.event, e.state, e.received_at, e.traceparent from asked a, webhook_event e
     where e.id = a.id and coalesce(a.state, e.state) = e.state and e.received_at >= a.since and e.received_at <= a.until and starts_with(e.event, a.event)
), shown as (
    select f.id, f.event, f.state, f.received_at as "receivedAt", (select d.error from dead_letter d where d.event_id = f.id and d.state = 'dead') as error, trace_id(f.traceparent) as trace
      from found f order by f.received_at desc, f.id limit (select most from asked)
)
select (select case when since is null then 'since' when until is null then 'until' end from asked) as invalid,
       (select cast(coalesce(json_agg(row_to_json(s) order by s."receivedAt" desc, s.id), '[]') as text) from shown s) as events
