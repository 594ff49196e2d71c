-- Whether somebody is, or was, on the cadence that SalesLoft was asked about, and what that means for this row. SalesLoft has filtered
-- as it was asked if all it sent is of this person on this cadence; nothing: there is no membership. Where it says what it
-- filtered by, that must be what was asked, too.
with answer as (
    select metadata -> 'filtering' as filtering, case json_typeof(data) when 'array' then data end as data
      from json_to_record(readable(:#${bodyAs(String)})) as answer (data json, metadata json)
), membership as (
    select m from answer, json_array_elements(data) m
), latest as (
    select m from membership order by coalesce(to_boolean(m ->> 'currently_on_cadence'), false) desc limit 1
)
select data is not null
       and not exists (select from membership where (m -> 'person' ->> 'id') is distinct from cast(:#${exchangeProperty.personId} as text)
                                                 or (m -> 'cadence' ->> 'id') is distinct from cast(:#${exchangeProperty.row[cadence_id]} as text))
       and coalesce(filtering ->> 'person_id' = cast(:#${exchangeProperty.personId} as text), true)
       and coalesce(filtering ->> 'cadence_id' = cast(:#${exchangeProperty.row[cadence_id]} as text), true) as fits,
       m is not null and (not cast(:#${exchangeProperty.row[reenroll]} as boolean) or coalesce(to_boolean(m ->> 'currently_on_cadence'), false)) as present,
       coalesce(to_boolean(m ->> 'currently_on_cadence'), false) as on, to_bigint(m ->> 'id') as id, m ->> 'current_state' as state
  from answer left join latest on true
