-- Up to a hundred rows of one job for this worker, as many as one look-up asks SalesLoft for, and of one person up to ten, which
-- are done one after the other (claim_rows_of_any in V36 says which). No row: there are none to do now.
select cast(j.job as text) as job, j.object, j.actor, j.dry_run, j.on_existing, coalesce(j.traceparent, traceparent_of(cast(j.job as text))) as traceparent, c.claimed, c.counting,
       case when j.total <= cast(:#${ref:urgent-rows} as integer) then 'interactive' else 'bulk' end as priority
  from claim_rows_of_any(:#${exchangeProperty.lease}, cast(:#${exchangeProperty.fence} as bigint), cast(:#${exchangeProperty.onlyUrgent} as boolean), 100, 10,
                         :#${ref:private-rules}, cast(:#${properties:salesloft.kafka-brokers} as text) <> '') c
  join sync_job j on j.job = c.claimed_job
