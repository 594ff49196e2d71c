-- The truth about what was sent: from here on the same key is never sent again, unless SalesLoft refused it. Who comes
-- late, after another took the operation over, changes nothing.
update operation
   set state = cast(:#${exchangeProperty.ended} as text), status = cast(:#${exchangeProperty.status} as integer),
       answer = to_document(:#${exchangeProperty.answer}), ended_at = now()
 where key = :#${exchangeProperty.idempotencyKey} and state = 'started'
   and (holder = cast(:#${ref:instance} as text) or lease_until < now())
