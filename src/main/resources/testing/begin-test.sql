-- Notes a test as its file says it, and what its SalesLoft holds and answers; says its number, the schema of its container, its settings, and what
-- is done in it, one thing after the other.
with started as (
    insert into test (file, document) values (:#${body[file]}, cast(:#${body[document]} as jsonb)) returning id, document
), held_now as (
    insert into held (test, resource, id, document)
    select started.id, of.resource, cast(r.one ->> 'id' as bigint), jsonb_build_object('created_at', '2026-01-01T00:00:00.000000Z', 'updated_at', '2026-01-01T00:00:00.000000Z') || r.one
      from started, jsonb_each(coalesce(document -> 'given' -> 'salesloft', '{}')) as of (resource, records), jsonb_array_elements(of.records) as r (one)
), answers as (
    insert into answer (test, method, path, query, status, headers, body, wait_ms, skip, times, done)
    select started.id, split_part(a.one ->> 'to', ' ', 1), split_part(a.one ->> 'to', ' ', 2), '*' || coalesce(a.one ->> 'query', '') || '*', coalesce(cast(a.one ->> 'status' as integer), 200), coalesce(a.one -> 'headers', '{}'),
           a.one -> 'body', coalesce(cast(a.one ->> 'waitMs' as integer), 0), coalesce(cast(a.one ->> 'after' as integer), 0), coalesce(cast(a.one ->> 'times' as integer), 1000000), coalesce(cast(a.one ->> 'done' as boolean), false)
      from started, jsonb_array_elements(coalesce(document -> 'given' -> 'answers', '[]')) with ordinality as a (one, n)
     order by n
)
select id, opened(current_setting('search_path') || '_' || id) as schema, cast(coalesce(document -> 'given' -> 'settings', '{}') as text) as settings,
       cast(coalesce((select jsonb_agg(w.one order by n, time) from jsonb_array_elements(document -> 'when') with ordinality as w (one, n), generate_series(1, coalesce(cast(w.one ->> 'times' as integer), 1)) time), '[]') as text) as acts,
       cast(coalesce(document -> 'then' -> 'answers', '[]') as text) as asks, coalesce(cast(document -> 'then' ->> 'withinSeconds' as integer), 60) * 1000 as within
  from started
