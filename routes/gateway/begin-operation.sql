-- Writes down what is about to be sent, before it is sent: the ledger entry and the audit line of the intent. The entry holds all that is sent, until
-- it ends (end-operation.sql), because it may have to be sent again; the line, which also has what the fields were before, only what may be kept
-- (private-rules; mostly that is all).
-- The lease outlives the longest call by the bean outcome-within. Attempts are counted on from those in
-- the audit log, which outlives the ledger. No row: the key is done, or being worked on elsewhere, or somebody else is just
-- creating the same person (createKey). One whose lease has run out is taken over only by who has seen that when the ledger was checked (seen: its
-- attempts then), because a create is looked up before it is sent again: the lease may also run out, or another may begin it, after the check.
with begun as (
    insert into operation as o (key, operation, resource, actor, state, holder, lease_until, request, job, subject, trace, attempts)
    select :#${exchangeProperty.idempotencyKey}, :#${exchangeProperty.operation}, :#${exchangeProperty.resource},
           :#${exchangeProperty.actor}, 'started', cast(:#${ref:instance} as text), now() + make_interval(secs => cast(:#${ref:outcome-within} as bigint))
               + make_interval(secs => (cast(:#${ref:send-within} as bigint) + cast(:#${bean:salesloft-limits?method=getMillis} as bigint)) / 1000.0), to_document(:#${exchangeProperty.request}),
           cast(:#${exchangeProperty.job} as uuid), :#${exchangeProperty.createKey}, trace_id(:#${exchangeProperty.traceparent}),
           (select coalesce(max(attempts), 0) + 1 from audit_log where idempotency_key = :#${exchangeProperty.idempotencyKey})
     where not exists (select from operation other
                        where other.subject = :#${exchangeProperty.createKey} and other.state = 'started' and other.operation = 'create'
                          and other.key <> :#${exchangeProperty.idempotencyKey})
    on conflict (key) do update
       set state = 'started', attempts = o.attempts + 1, holder = excluded.holder, lease_until = excluded.lease_until, request = excluded.request,
           operation = excluded.operation, subject = excluded.subject, trace = excluded.trace
     where o.state = 'failed'
        or o.state = 'started' and (o.lease_until < now() and o.attempts = cast(:#${exchangeProperty.seen} as integer)
            or o.holder = excluded.holder and cast(:#${exchangeProperty.attempt} as integer) > 1)
    returning *
), noted as (
    insert into audit_log (phase, operation, resource, resource_id, idempotency_key, actor, request, before, attempts, job, trace)
    select 'intent', operation, resource, id_in_path(:#${exchangeProperty.path}), key, actor, private_document(rules, resource, request), private_document(rules, resource, to_document(:#${exchangeProperty.before})),
           attempts, job, trace
      from begun, private_rules(:#${ref:private-rules}, resource) rules
)
select state from begun
