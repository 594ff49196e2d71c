-- Adds one page of a look-up to what was found. It fits when SalesLoft says that it filtered as it was asked: it ignores
-- what it does not know, and everybody would be taken for nobody.
with answer as (
    select json_typeof(metadata -> 'filtering' -> cast(:#${exchangeProperty.filter} as text)) is not null and json_typeof(data) = 'array' as fits,
           case when json_typeof(data) = 'array' then cast(cast(data as text) as jsonb) else '[]' end as data,
           coalesce(metadata -> 'paging' ->> 'next_page', '') <> '' as more
      from json_to_record(readable(:#${bodyAs(String)})) as answer (data json, metadata json)
)
select coalesce(fits, false) as fits, coalesce(more, false) as more, cast(cast(:#${exchangeProperty.found} as jsonb) || data as text) as found from answer
