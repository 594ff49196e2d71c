-- Adds one page of a look-up to what was found, if SalesLoft has filtered: it ignores filters that it does not know, and everybody
-- would be taken for nobody. All records it sent are among those asked for: it filtered; none: there is none. Where it says what
-- it filtered by, that must be what was asked, too.
with answer as materialized (
    select case json_typeof(data) when 'array' then cast(cast(data as text) as jsonb) end as data, cast(cast(metadata as text) as jsonb) as metadata
      from json_to_record(readable(:#${bodyAs(String)})) as answer (data json, metadata json)
), asked as (
    select value from json_array_elements_text(cast(:#${exchangeProperty.lookup[values]} as json)) value
), kind as materialized (
    select filter, min(field) as field, min(form) as form from identity_kinds(cast(:#${exchangeProperty.object[rules]} as jsonb)) where filter = cast(:#${exchangeProperty.lookup[filter]} as text) group by filter
), sent as (
    select identity_form(form, p ->> field) as value from answer, kind, jsonb_array_elements(data) p
), echo as (
    select case jsonb_typeof(echo) when 'array' then echo else jsonb_build_array(echo) end as echo
      from (select metadata -> 'filtering' -> filter as echo from answer, kind) answer where echo <> 'null'
), echoed as (
    select identity_form(form, value) as value from kind, echo, jsonb_array_elements_text(echo) value
)
select data is not null
       and not exists (select from sent where not exists (select from asked where asked.value = sent.value))
       and (not exists (select from echo)
            or not exists (select value from asked except select value from echoed) and not exists (select value from echoed except select value from asked)) as fits,
       coalesce(metadata -> 'paging' ->> 'next_page', '') <> '' as more,
       cast(cast(:#${exchangeProperty.found} as jsonb) || coalesce(data, '[]') as text) as found
  from answer
