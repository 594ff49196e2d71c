-- Takes an event, once: one statement, one commit, and only then does SalesLoft hear that it was taken. The same event a
-- second time is left alone; one that is being stored by somebody else is waited for. No row: it was there.
-- What PostgreSQL cannot read as JSON is kept as text, and is a dead letter at once. Neither keeps a callback
-- token, which SalesLoft's description says is sent along.
with given as materialized (
    select cast(:#${exchangeProperty.key} as text) as id, cast(:#${exchangeProperty.event} as text) as event,
           cast(:#${exchangeProperty.document} as text) as body
), stored as (
    insert into webhook_event (id, event, body, state)
    select g.id, g.event, coalesce(r.document, to_jsonb(without_token(g.body))), case when r.error is null then 'received' else 'dead' end
      from given g, lateral read_body(g.body) r
    on conflict (id) do nothing
    returning id, state
), buried as (
    insert into dead_letter (source, error, payload, event_id)
    select 'webhook:' || g.event, r.error, without_token(g.body), g.id
      from stored s join given g on g.id = s.id, lateral read_body(g.body) r
     where s.state = 'dead'
    on conflict do nothing
), noticed as (
    insert into webhook_activity as a (event, last_at)
    select g.event, now() from stored s join given g on g.id = s.id where s.state = 'dead'
    on conflict (event) do update set last_at = greatest(a.last_at, excluded.last_at)
)
select state from stored
