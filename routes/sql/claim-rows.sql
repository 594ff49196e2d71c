-- Up to a hundred rows of one job for this worker, as many as one look-up asks SalesLoft for (claim_rows in V7 says which). No
-- row: there are none to do now.
select cast(j.job as text) as job, j.actor, j.dry_run, j.on_existing, c.claimed,
       case when j.total <= 25 then 'interactive' else 'bulk' end as priority
  from claim_rows(:#${exchangeProperty.lease}, cast(:#${exchangeProperty.fence} as bigint), cast(:#${exchangeProperty.onlyUrgent} as boolean), 100) c
  join sync_job j on j.job = c.claimed_job
