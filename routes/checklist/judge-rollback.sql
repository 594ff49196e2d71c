-- What stands in the way of a rollback, by its preflight.
with preflight as (
    select rollback_objections(cast(:#${bodyAs(String)} as jsonb), null) as found, cast(:#${properties:salesloft.rollback-platform} as text) as platform
), problem as (
    select string_agg(value, '; ') as problems from preflight, jsonb_array_elements_text(found -> 'problems') value
)
select 'rollback' as item,
       case when platform = 'none' then 'MANUAL' when problems is not null then 'FAIL' when platform = 'webhook' then 'MANUAL' else 'PASS' end as state,
       case when problems is not null then problems
            when platform = 'webhook' then 'the pipeline at ROLLBACK_WEBHOOK_URL would be asked: see to it that it brings the release before back'
            else 'revision ' || (found -> 'target' ->> 'revision') || ' would be brought back' end as evidence
  from preflight, problem
