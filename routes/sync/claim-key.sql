-- Claims a key for the row that a worker has in hand, so that no other row with this key is done. No row: another one has claimed it, or
-- was done under it before there were claims. A row that is resumed has its claim already; a dry run claims nothing.
update sync_row r
   set claim = case when not j.dry_run then cast(:#${exchangeProperty.row[key]} as text) end
  from sync_job j
 where r.seq = cast(:#${exchangeProperty.row[seq]} as bigint) and r.state = 'open' and j.job = r.job
   and r.holder = cast(:#${exchangeProperty.lease} as text) and r.fence = cast(:#${exchangeProperty.fence} as bigint)
   and not exists (select from sync_row o where o.claim = cast(:#${exchangeProperty.row[key]} as text) and o.seq <> r.seq)
   and not exists (select from sync_row o join sync_job oj on oj.job = o.job
                    where o.key = r.key and o.given and o.seq <> r.seq and o.state = 'done' and o.outcome <> 'failed' and not oj.dry_run
                      and (coalesce(btrim(o.original ->> 'key'), '') <> '') = (coalesce(btrim(r.original ->> 'key'), '') <> ''))
returning true as claimed
