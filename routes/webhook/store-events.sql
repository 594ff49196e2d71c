-- Takes events, each once: one statement, one commit, and only then does SalesLoft hear that they were taken. The same event a
-- second time is left alone, also within one batch; one that is being stored by somebody else is waited for. Those that are
-- stored at once are stored in the order of their ids, or two batches could wait for each other.
-- Answers the numbers of those that are new, from 1 in the order given, and how many of them are dead letters.
-- What PostgreSQL cannot read as JSON is kept as text, and is a dead letter at once. Neither keeps a callback
-- token, which SalesLoft's description says is sent along. Only what may be kept is stored (private-rules; mostly there are none): of somebody
-- who was erased nothing, which is answered like a repeat.
with private as materialized (
    select private_rules(:#${ref:private-rules}, null) as rules
), given as materialized (
    select distinct on (id) *
      from unnest(cast(:#${exchangeProperty.keys} as text[]), cast(:#${exchangeProperty.events} as text[]),
                  cast(:#${exchangeProperty.documents} as text[]), cast(:#${exchangeProperty.traceparents} as text[]))
           with ordinality as g (id, event, body, traceparent, number)
     order by id, number
), stored as (
    insert into webhook_event (id, event, body, traceparent, state)
    select g.id, g.event, coalesce(kept.document, to_jsonb(kept_text(rules, without_token(g.body), null))), g.traceparent, case when r.error is null then 'received' else 'dead' end
      from given g, private, lateral read_body(g.body) r,
           lateral (select case when rules is null then r.document else private_document(rules, event_resource(g.event), r.document) end as document) kept
     where r.error is not null or kept.document is not null
     order by g.id
    on conflict (id) do nothing
    returning id, state
), dead_lettered as (
    insert into dead_letter (source, error, payload, event_id)
    select 'webhook:' || g.event, r.error, kept_text(rules, without_token(g.body), null), g.id
      from stored s join given g on g.id = s.id, private, lateral read_body(g.body) r
     where s.state = 'dead'
    on conflict do nothing
), noticed as (
    insert into webhook_activity as a (event, last_at)
    select g.event, now() from stored s join given g on g.id = s.id where s.state = 'dead' group by g.event order by g.event
    on conflict (event) do update set last_at = greatest(a.last_at, excluded.last_at)
)
select string_agg(cast(g.number as text), ',') as added, count(*) filter (where s.state = 'dead') as dead
  from stored s join given g on g.id = s.id
