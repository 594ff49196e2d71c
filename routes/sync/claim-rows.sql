-- Up to a hundred rows of one job for this worker, as many as one look-up asks SalesLoft for, and of one person up to ten, which
-- are done one after the other (claim_rows_of_any in V36 says which). No row: there are none to do now.
-- bulk: the rows to write go by a bulk job (gather-rows.sql); crowded: as many of these as may be under way are.
select cast(j.job as text) as job, j.object, j.actor, j.dry_run, j.on_existing, coalesce(j.traceparent, traceparent_of(cast(j.job as text))) as traceparent, c.claimed, c.counting,
       case when j.total <= cast(:#${ref:urgent-rows} as integer) then 'interactive' else 'bulk' end as priority,
       j.object = 'people' and not c.counting and cast(:#${ref:bulk-from} as integer) > 0 and j.total >= cast(:#${ref:bulk-from} as integer) and not j.dry_run
       and not exists (select from push_bulk_refusal where at > now() - interval '1 day') as bulk,
       (select count(*) from push_batch where state not in ('gather', 'done')) >= cast(:#${ref:bulk-batches} as integer) as crowded
  from claim_rows_of_any(:#${exchangeProperty.lease}, cast(:#${exchangeProperty.fence} as bigint), cast(:#${exchangeProperty.onlyUrgent} as boolean), 100, 10,
                         :#${ref:private-rules}, cast(:#${properties:salesloft.kafka-brokers} as text) <> '') c
  join sync_job j on j.job = c.claimed_job
