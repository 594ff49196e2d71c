-- What was done under a key long ago; from then on the key may be used again. Not before the audit log has its outcome.
with old as (
    select key from operation o
     where state in ('done', 'failed') and ended_at < now() - cast(:#${ref:keep-operations} as interval)
       and exists (select from audit_log a where a.idempotency_key = o.key and a.phase = 'outcome')
     order by ended_at limit 1000
), forgotten as (
    delete from operation o using old where o.key = old.key returning 1
)
select count(*) as forgotten from forgotten
