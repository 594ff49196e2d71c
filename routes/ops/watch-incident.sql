-- What to tell of the incident api-errors, after somebody has looked and has seen it, or not: that it begins, that it is over, or nothing.
-- Over is what no replica has seen for five minutes.
with looked as (
    select cast(:#${exchangeProperty.seen} as boolean) as seen
), goes_on as (
    update incident set seen_at = clock_timestamp() from looked where name = 'api-errors' and seen returning name
)
select case when seen and not exists (select from goes_on) then 'begins'
            when not seen and exists (select from incident where name = 'api-errors' and seen_at < now() - interval '5 minutes') then 'over'
            else 'nothing' end as turn
  from looked
