-- How a drill ended, here and in the audit log, in one statement. Row: what is answered.
with ended as (
    update drill
       set ended_at = now(), healed = :#${exchangeProperty.drill[reason]} = '', took_ms = cast(:#${exchangeProperty.drill[tookMs]} as bigint),
           reason = nullif(:#${exchangeProperty.drill[reason]}, '')
     where id = :#${exchangeProperty.drill[id]}
    returning *
), audited as (
    insert into audit_log (phase, operation, resource, idempotency_key, actor, request, outcome, attempts, duration_ms)
    select 'outcome', 'drill', name, 'drill:' || id, actor, jsonb_build_object('drill', id, 'release', release, 'reason', reason),
           case when healed then 'done' else 'failed' end, 1, took_ms
      from ended
)
select ended.healed, cast(json_strip_nulls(row_to_json(shown)) as text) as answer
  from ended, lateral (select ended.healed, took_ms as "tookMs", reason) shown
