-- Keeps a mutation that was refused for good as a dead letter, once. Refused again, it is the same dead letter with the newest error;
-- under the same key with another payload, with that payload. What may not be kept (private-rules; mostly there is nothing) is left out, also what
-- would be hashed: a replay sends what is left. The error says so. Where a look-up shows more than the one that was created (made) a replay has none: it is not repeated when its answer is lost.
with given as (
    select cast(:#${exchangeProperty.request} as text) as payload, private_rules(:#${ref:private-rules}, :#${exchangeProperty.resource}) as rules
), refused as (
    select cast(:#${exchangeProperty.method} as text) || ' ' || cast(:#${exchangeProperty.path} as text) as source,
           private_words(rules, cast(:#${exception.reason} as text)) || case when has_private_fields(rules, :#${exchangeProperty.resource}) then ' (kept without what PRIVATE_FIELDS names)' else '' end as error,
           case when rules is null then payload else cast(without_private_fields(rules, :#${exchangeProperty.resource}, to_document(payload)) as text) end as payload,
           cast(:#${exchangeProperty.idempotencyKey} as text) as key, rules
      from given
), again as (
    update dead_letter d
       set error = r.error, payload = case when d.idempotency_key = r.key then r.payload else d.payload end
      from refused r
     where d.id = (select id from dead_letter
                    where state = 'dead'
                      and (source = r.source and md5(payload) = md5(r.payload) or idempotency_key = r.key)
                    order by coalesce(payload = r.payload, false) desc limit 1)
    returning 1
)
insert into dead_letter (source, error, payload, idempotency_key, operation, resource, actor, method, path, query, lookup_path, lookup_query)
select source, error, payload, key, :#${exchangeProperty.operation}, :#${exchangeProperty.resource}, :#${exchangeProperty.actor},
       :#${exchangeProperty.method}, :#${exchangeProperty.path}, :#${exchangeProperty.query},
       :#${exchangeProperty.lookupPath}, case when cast(:#${exchangeProperty.made} as text) is null then :#${exchangeProperty.lookupQuery} end
  from refused
 where not exists (select from again)
on conflict do nothing
