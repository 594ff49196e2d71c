-- Which of the records asked for SalesLoft did not send, and the query that asks for just these. An answer that was not filtered as asked (fits) says nothing: one that holds
-- others, or says that it was filtered by others.
with asked as (
    select id, updated_at, key, coalesce(key, cast(id as text)) as known_as from json_to_recordset(cast(:#${exchangeProperty.asked[asked]} as json)) as a (id bigint, updated_at timestamptz, key text)
), answer as materialized (
    select case json_typeof(data) when 'array' then data end as data, metadata -> 'filtering' -> 'ids' as echo from json_to_record(readable(:#${bodyAs(String)})) as a (data json, metadata json)
), sent as materialized (
    select d.id from answer, json_array_elements(data) e, lateral read_record(e.value, ids_of(cast(:#${exchangeProperty.resource} as text)), false) d
), missing as (
    select a.id, a.updated_at, a.key, a.known_as from asked a where not exists (select from sent s where s.id = a.id)
)
select (select data is not null from answer)
       and not exists (select from sent s where s.id is null or not exists (select from asked a where a.id = s.id))
       and not exists (select from answer where json_typeof(echo) = 'array'
                          and (select array_agg(value order by value) from json_array_elements_text(echo) value) is distinct from (select array_agg(known_as order by known_as) from asked)) as fits,
       (select count(*) from missing) as missing,
       (select cast(coalesce(json_agg(json_build_object('id', id, 'updated_at', updated_at, 'key', key)), '[]') as text) from missing) as asked,
       (select 'per_page=' || cast(:#${ref:comparison-ids} as text) || '&' || cast(:#${exchangeProperty.chunk[list_order]} as text) || '&' || string_agg('ids%5B%5D=' || url_encode(known_as), '&' order by id) from missing) as query
