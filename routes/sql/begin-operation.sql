-- Writes down what is about to be sent, before it is sent: the ledger entry and the audit line of the intent.
-- The lease outlives the longest call. No row: the key is done, or being worked on elsewhere.
with begun as (
    insert into operation as o (key, operation, resource, actor, state, holder, lease_until, request)
    values (:#${exchangeProperty.idempotencyKey}, :#${exchangeProperty.operation}, :#${exchangeProperty.resource},
            :#${exchangeProperty.actor}, 'started', cast(:#${ref:instance} as text), now() + interval '60 seconds', to_document(:#${exchangeProperty.request}))
    on conflict (key) do update
       set state = 'started', attempts = o.attempts + 1, holder = excluded.holder, lease_until = excluded.lease_until, request = excluded.request
     where o.state = 'failed'
        or o.state = 'started' and (o.lease_until < now()
            or o.holder = excluded.holder and cast(:#${exchangeProperty.attempt} as integer) > 1)
    returning *
), noted as (
    insert into audit_log (phase, operation, resource, idempotency_key, actor, request, attempts)
    select 'intent', operation, resource, key, actor, request, attempts from begun
)
select state from begun
