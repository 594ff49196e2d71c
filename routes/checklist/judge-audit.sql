-- Whether each mutation of the last seven days has its lines in the audit log: the intent of each attempt from its beginning, the outcome within
-- a minute or two of its end. The lines of these days are read at once; only where some are missing the older ones of that mutation are, too, which
-- may have been attempted before. Named by what it was: a key may be an e-mail address.
with mutation as materialized (
    select o.key, o.started_at, o.attempts, o.state in ('done', 'failed') and o.ended_at < now() - interval '2 minutes' as over
      from operation o where o.ended_at is null or o.ended_at > now() - interval '7 days'
), line as (
    select a.idempotency_key as key, count(*) filter (where a.phase = 'intent') as intents, max(a.attempts) filter (where a.phase = 'outcome') as ended
      from audit_log a where a.at >= (select min(started_at) - interval '1 minute' from mutation) group by a.idempotency_key
), suspect as materialized (
    select m.* from mutation m left join line l on l.key = m.key where coalesce(l.intents, 0) < m.attempts or m.over and l.ended is distinct from m.attempts
), lacking as (
    select s.key from suspect s
     where (select count(*) from audit_log a where a.idempotency_key = s.key and a.phase = 'intent') < s.attempts
        or s.over and not exists (select from audit_log a where a.idempotency_key = s.key and a.phase = 'outcome' and a.attempts = s.attempts)
), named as (
    select string_agg(o.operation || ' of ' || o.resource || ' at ' || to_char(o.started_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'), ', ' order by o.started_at) as names
      from operation o where o.key in (select key from lacking)
), counted as (
    select (select count(*) from mutation) as mutations, (select count(*) from lacking) as missing, names from named
)
select 'audit' as item, case when missing = 0 then 'PASS' else 'FAIL' end as state,
       case when missing = 0 then mutations || ' mutations of the last 7 days, each with its lines in the audit log'
            else missing || ' of ' || mutations || ' mutations of the last 7 days lack a line in the audit log: ' || left(names, 300) end as evidence
  from counted
