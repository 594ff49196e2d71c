-- Looks through a page of SalesLoft's bulk jobs for the one of this name that is still empty. more: there may be others behind the last one.
with listed as (
    select to_bigint(e ->> 'id') as id, e ->> 'name' as name, e ->> 'state' as state, to_bigint(e ->> 'total') as total
      from json_array_elements(readable(:#${bodyAs(String)}) -> 'data') e
)
select (select min(id) from listed where name = cast(:#${exchangeProperty.batch[name]} as text) and state = 'open' and total = 0) as id,
       (select coalesce(max(id), 0) from listed) as last, (select count(*) from listed) >= 100 as more
