-- Whether somebody is, or was, on the cadence that SalesLoft was asked about, and what that means for this row.
with answer as (
    select metadata -> 'filtering' as filtering, data -> 0 as membership from json_to_record(readable(:#${bodyAs(String)})) as answer (data json, metadata json)
)
select coalesce(cast(filtering ->> 'person_id' as text) = cast(:#${exchangeProperty.personId} as text)
                and cast(filtering ->> 'cadence_id' as text) = cast(:#${exchangeProperty.cadenceId} as text), false) as fits,
       case when membership is null or cast(membership as text) = 'null' then false
            when cast(:#${exchangeProperty.reenroll} as boolean) then coalesce(cast(membership ->> 'currently_on_cadence' as boolean), false)
            else true end as present,
       cast(membership ->> 'id' as bigint) as id, membership ->> 'current_state' as state
  from answer
