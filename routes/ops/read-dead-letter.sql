-- One dead letter, with all it takes to replay it: a record for the mirror, an event to apply, a
-- mutation for the gateway, a notice, or none of these.
select *, case when source like 'pull:%' then 'record' when event_id is not null then 'event' when idempotency_key is not null then 'mutation'
               when source like 'notice:%' then 'notice' else 'other' end as kind
  from dead_letter
 where id = to_bigint(cast(:#${exchangeProperty.deadLetter[id]} as text))
