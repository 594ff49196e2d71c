-- Keeps what was refused for good, once. Refused again, it is the same letter with the newest error; under the same key
-- with another payload, with that payload.
with again as (
    update dead_letter d
       set error = :#${exchangeProperty.deadError},
           payload = case when d.idempotency_key = :#${exchangeProperty.idempotencyKey} then :#${exchangeProperty.deadPayload} else d.payload end
     where d.id = (select id from dead_letter
                    where state = 'dead'
                      and (source = :#${exchangeProperty.deadSource} and md5(payload) = md5(:#${exchangeProperty.deadPayload})
                           or idempotency_key = :#${exchangeProperty.idempotencyKey})
                    order by coalesce(payload = :#${exchangeProperty.deadPayload}, false) desc limit 1)
    returning 1
)
insert into dead_letter (source, error, payload, idempotency_key, operation, resource, actor, method, path, query, lookup_path, lookup_query)
select :#${exchangeProperty.deadSource}, :#${exchangeProperty.deadError}, :#${exchangeProperty.deadPayload},
       :#${exchangeProperty.idempotencyKey}, :#${exchangeProperty.operation}, :#${exchangeProperty.resource}, :#${exchangeProperty.actor},
       :#${exchangeProperty.method}, :#${exchangeProperty.path}, :#${exchangeProperty.query},
       :#${exchangeProperty.lookupPath}, :#${exchangeProperty.lookupQuery}
 where not exists (select from again)
on conflict do nothing
