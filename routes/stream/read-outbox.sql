-- The oldest of what Kafka is to get, but for what has no topic because Kafka lets us create none, under the lease: without it there is nothing to send.
select o.seq, o.resource, 'salesloft.' || o.resource as topic, o.key, cast(o.seq as text) as change, o.source, coalesce(o.event, '') as event,
       coalesce(to_char(o.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '') as updated_at,
       cast(o.document as text) as document, o.traceparent
  from (select seq, resource, coalesce(key, cast(id as text)) as key, source, event, updated_at, document, traceparent from outbox
         union all
        select seq, 'results', key, 'push', null, at, document, traceparent from result_outbox
         union all
        select seq, 'notifications', key, 'notice', null, at, document, traceparent from notice_outbox) o
 where exists (select from lease
                where name = 'outbox' and holder = cast(:#${ref:instance} as text) and fence = cast(:#${exchangeProperty.fence} as bigint))
   and o.resource <> all (string_to_array(:#${bean:topics?method=missing}, ','))
 order by o.seq
 limit 1000
