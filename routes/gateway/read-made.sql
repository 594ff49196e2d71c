-- Of the records of a look-up the one that a create whose answer was lost has made, where no filter asks for just that one: it is the same
-- in the fields that the caller names (made), as it was sent; it was made since the create was begun (clocks may be two minutes apart); and it is
-- not what another create of ours was answered with. doubt: there is none, but the caller is strict, and another was made since that nobody of ours
-- has made, or SalesLoft did not filter: it shows some that differ in more than the first field.
with begun as (
    select key, resource, request, started_at, cast(:#${exchangeProperty.made} as jsonb) as made from operation where key = :#${exchangeProperty.idempotencyKey}
), shown as (
    select case jsonb_typeof(data) when 'array' then data else '[]' end as data from (select to_document(:#${bodyAs(String)}) -> 'data' as data) answer
), compared as materialized (
    select r as record, r ->> 'id' as id, same.first, same.rest, to_instant(r ->> 'created_at') >= started_at - interval '2 minutes' as since,
           exists (select from operation o where o.ended_at >= begun.started_at - interval '1 day' and o.resource = begun.resource and o.key <> begun.key and o.state = 'done' and o.answer -> 'data' ->> 'id' = r ->> 'id') as known
      from begun, shown, jsonb_array_elements(data) r,
           lateral (select bool_and(equal) filter (where n = 1) as first, coalesce(bool_and(equal) filter (where n > 1), true) as rest
                      from (select n, flat_text(lower(request ->> name)) is not distinct from flat_text(lower(jsonb_build_array(shown_value(made, r, name)) ->> 0)) as equal
                              from jsonb_array_elements_text(made -> 'same') with ordinality f (name, n)) field) same
)
select (select cast(jsonb_build_object('data', record) as text) from compared where first and rest and since and not known order by id limit 1) as answer,
       (select id from compared, begun where cast(made ->> 'strict' as boolean) and (since and not known and not first or not rest) order by id limit 1) as doubt
