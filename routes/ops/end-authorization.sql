-- What came of an authorisation, here and in the audit log, in one statement.
with ended as (
    update oauth_authorization
       set outcome = case coalesce(cast(:#${exchangeProperty.failure} as text), '') when '' then 'done' else 'failed' end
     where id = :#${exchangeProperty.authorization}
    returning *
), audited as (
    insert into audit_log (phase, operation, resource, idempotency_key, actor, request, outcome, attempts)
    select 'outcome', 'authorize', 'oauth', 'authorization:' || id, actor, jsonb_strip_nulls(jsonb_build_object('reason', nullif(cast(:#${exchangeProperty.failure} as text), ''))), outcome, 1
      from ended
)
select outcome, actor from ended
