-- Whether each mutation of the last seven days (as far as ops-audit-repair looks) has its lines in the audit log: the intent of each attempt from
-- its beginning, the outcome within a minute or two of its end. Named by what it was: a key may be an e-mail address.
with mutation as (
    select o.operation || ' of ' || o.resource || ' at ' || to_char(o.started_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as what, o.started_at,
           (select count(*) from audit_log a where a.idempotency_key = o.key and a.phase = 'intent') < o.attempts
           or o.state in ('done', 'failed') and o.ended_at < now() - interval '2 minutes'
               and not exists (select from audit_log a where a.idempotency_key = o.key and a.phase = 'outcome' and a.attempts = o.attempts) as lacks
      from operation o where o.ended_at is null or o.ended_at > now() - interval '7 days'
), counted as (
    select count(*) as mutations, count(*) filter (where lacks) as missing, string_agg(what, ', ' order by started_at) filter (where lacks) as names from mutation
)
select 'audit' as item, case when missing = 0 then 'PASS' else 'FAIL' end as state,
       case when missing = 0 then mutations || ' mutations of the last 7 days, each with its lines in the audit log'
            else missing || ' of ' || mutations || ' mutations of the last 7 days lack a line in the audit log: ' || left(names, 300) end as evidence
  from counted
