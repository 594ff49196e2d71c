-- The truth about what was sent: from here on the same key is never sent again, unless SalesLoft refused it. What is deleted already
-- counts as done. Who comes late, after another took the operation over, changes nothing. What may not be kept (private-rules; mostly there is nothing) goes here.
update operation
   set state = case when answered.status between 200 and 299 or answered.status = 404 and answered.method = 'DELETE' then 'done' else 'failed' end,
       status = answered.status, answer = private_answer(rules, resource, to_document(:#${bodyAs(String)})), ended_at = now(),
       request = private_document(rules, resource, request), subject = private_subject(rules, subject)
  from (select cast(:#${exchangeProperty.status} as integer) as status, cast(:#${exchangeProperty.method} as text) as method) answered,
       private_rules(:#${ref:private-rules}, :#${exchangeProperty.resource}) rules
 where key = :#${exchangeProperty.idempotencyKey} and state = 'started'
   and (holder = cast(:#${ref:instance} as text) or lease_until < now())
