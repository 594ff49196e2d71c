-- A look-up that SalesLoft refused as two, each for half of the values. No row: it asked for one value only.
with value as (
    select value, (n - 1) * 2 / count(*) over () as half
      from json_array_elements_text(cast(:#${exchangeProperty.lookup[values]} as json)) with ordinality v (value, n)
), halves as (
    select half, 'per_page=100' || string_agg('&' || cast(:#${exchangeProperty.lookup[filter]} as text) || '[]=' || url_encode(value), '' order by value) as query,
           cast(json_agg(value order by value) as text) as values
      from value group by half
)
select cast(:#${exchangeProperty.lookup[filter]} as text) as filter, query, values from halves where (select count(*) from halves) > 1
