-- Claims a key for the row that a worker has in hand, so that no other row with this key is done. Says claimed; or open, where another row
-- has claimed it and is not done; or done, where one was, also before there were claims. A row that has failed claims nothing. A row that
-- is resumed has its claim already; a dry run claims nothing.
with mine as (
    select r.seq, r.key, cast(:#${exchangeProperty.row[key]} as text) as claim, j.dry_run, coalesce(btrim(r.original ->> 'key'), '') <> '' as named
      from sync_row r join sync_job j on j.job = r.job
     where r.seq = cast(:#${exchangeProperty.row[seq]} as bigint) and r.state = 'open'
       and r.holder = cast(:#${exchangeProperty.lease} as text) and r.fence = cast(:#${exchangeProperty.fence} as bigint)
), other as (
    select o.state from mine m join sync_row o on o.claim = m.claim and o.seq <> m.seq and o.outcome is distinct from 'failed'
     union all
    select o.state from mine m join sync_row o on o.key = m.key and o.given and o.seq <> m.seq and o.state = 'done' and o.outcome not in ('failed', 'cancelled')
                           join sync_job j on j.job = o.job and not j.dry_run
     where (coalesce(btrim(o.original ->> 'key'), '') <> '') = m.named
), claimed as (
    update sync_row r set claim = case when not m.dry_run then m.claim end
      from mine m where r.seq = m.seq and not exists (select from other)
    returning 1
)
select case when exists (select from claimed) then 'claimed' when exists (select from other where state = 'open') then 'open' else 'done' end as claim
