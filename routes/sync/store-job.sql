-- Makes a job of the rows that were stored before in the same transaction. Under an Idempotency-Key that is known they are
-- taken away again, and the job is the one that was made then. A job without rows is none.
-- Row: job and total (null: another transaction is just making it), whether this is the same upload as then, and whether dead letters
-- were made of rows that PostgreSQL refuses (store-rows.sql).
with arranged as materialized (
    select above, above > 0 and cast(:#${exchangeProperty.total} as integer) > above and not cast(:#${exchangeProperty.how[dryRun]} as boolean) as waits,
           cast(:#${exchangeProperty.total} as integer) <= cast(:#${ref:urgent-rows} as integer) as urgent
      from (select cast(coalesce(nullif(:#${properties:salesloft.push-approve-above}, ''), '0') as integer) as above) setting
), there as (
    select job, total, digest from sync_job where idempotency_key = :#${exchangeProperty.how[key]}
), made as (
    insert into sync_job (job, idempotency_key, digest, actor, on_existing, dry_run, total, traceparent, object, approve_above, wait)
    select cast(:#${exchangeProperty.job} as uuid), :#${exchangeProperty.how[key]}, coalesce(cast(:#${exchangeProperty.digest} as text), ''), :#${exchangeProperty.how[actor]},
           :#${exchangeProperty.how[onExisting]}, cast(:#${exchangeProperty.how[dryRun]} as boolean), cast(:#${exchangeProperty.total} as integer), :#${exchangeProperty.traceparent}, :#${exchangeProperty.object[name]},
           case when waits then above end, case when waits then 'counting' end
      from arranged
     where not exists (select from there)
    on conflict (idempotency_key) do nothing
    returning job, total, digest
), removed as (
    delete from sync_row where job = cast(:#${exchangeProperty.job} as uuid) and not exists (select from made) returning seq, identities
), unnoted as (
    delete from sync_identity i using removed r where i.seq = r.seq and i.identity = any (r.identities)
), placed as (
    -- So few rows are somebody waiting: they go before those of large jobs, and may use points that those may not. Where many may need an approval,
    -- they are counted first, and an older release, which would not, leaves them alone.
    update sync_row r set urgent = a.urgent, waits = a.waits, newer = r.newer or a.waits, not_before = case when a.waits then 'infinity' else r.not_before end
      from arranged a
     where r.job = cast(:#${exchangeProperty.job} as uuid) and (a.urgent or a.waits) and exists (select from made)
)
select cast(job as text) as job, total, coalesce(digest = coalesce(cast(:#${exchangeProperty.digest} as text), ''), false) as same,
       exists (select from made, sync_row r where r.job = made.job and r.ended_at is not null and r.error like 'PostgreSQL refuses it: %') as refused
  from (select * from made union all select * from there) j right join (select 1) one on true
