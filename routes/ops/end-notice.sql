-- What came of an attempt: a status (and what Retry-After said), the kind of failure, logged, or rests: the breaker let nothing through.
-- A redirect and a 4xx are for good, but for 408 and 429; everything else is tried again, later each time, up to a fifth earlier or later than
-- that, and not before the receiver allows it (an hour at most). After a day it is over, unless few attempts were made, because nobody was there to make them.
with came as (
    select split_part(c.came, ' ', 1) as how, to_integer(split_part(c.came, ' ', 2)) as retry_after
      from (select cast(:#${exchangeProperty.came} as text) as came) c
), ended as (
    update notice n
       set state = v.state, attempts = n.attempts + v.counts, error = case when v.state in ('waiting', 'dead') then c.how end,
           ended_at = case when v.state <> 'waiting' then now() end,
           next_attempt_at = now() + greatest(make_interval(secs => least(coalesce(c.retry_after, 0), 3600)),
               (0.8 + 0.4 * random()) * least(cast(:#${ref:notice-first-wait} as integer) * power(2, least(n.attempts, 30)), cast(:#${ref:notice-longest-wait} as integer)) * interval '1 millisecond')
      from came c, notice w,
           lateral (select case when c.how = 'logged' then 'logged' when c.how ~ '^2' then 'delivered'
                                when c.how ~ '^[34]' and c.how not in ('408', '429') then 'dead'
                                when w.attempts >= 3 and w.trying_since < now() - cast(:#${ref:notice-given-up-after} as integer) * interval '1 millisecond' then 'dead'
                                else 'waiting' end as state,
                           case when c.how = 'rests' then 0 else 1 end as counts) v
     where n.id = :#${exchangeProperty.notice[id]} and n.audience = :#${exchangeProperty.notice[audience]} and n.state = 'waiting'
       and w.id = n.id and w.audience = n.audience
    returning n.id, n.audience, n.document, n.state, n.error
), dead_lettered as (
    insert into dead_letter (source, error, payload)
    select 'notice:' || audience, 'not delivered: ' || error, cast(document as text) from ended where state = 'dead'
    on conflict do nothing
)
select state, error from ended
