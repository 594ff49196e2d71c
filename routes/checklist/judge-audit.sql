-- Whether each mutation of the ledger, which is forgotten after 90 days, has its lines in the audit log: the intent of each attempt from its
-- beginning, the outcome within a minute or two of its end (ops-audit-repair).
with mutation as (
    select o.key,
           (select count(*) from audit_log a where a.idempotency_key = o.key and a.phase = 'intent') < o.attempts as no_intent,
           o.state in ('done', 'failed') and o.ended_at < now() - interval '2 minutes'
               and not exists (select from audit_log a where a.idempotency_key = o.key and a.phase = 'outcome' and a.attempts = o.attempts) as no_outcome
      from operation o
), counted as (
    select count(*) as mutations, count(*) filter (where no_intent or no_outcome) as missing,
           string_agg(key, ', ' order by key) filter (where no_intent or no_outcome) as keys from mutation
)
select 'audit' as item, case when missing = 0 then 'PASS' else 'FAIL' end as state,
       case when missing = 0 then mutations || ' mutations in the ledger, each with its lines in the audit log'
            else missing || ' of ' || mutations || ' mutations lack a line in the audit log: ' || left(keys, 300) end as evidence
  from counted
