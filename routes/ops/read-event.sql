-- One webhook event, its body as a text: as it came, where it is no JSON to PostgreSQL.
select cast(json_build_object('id', e.id, 'event', e.event, 'state', e.state, 'receivedAt', e.received_at,
           'error', (select d.error from dead_letter d where d.event_id = e.id and d.state = 'dead'), 'trace', trace_id(e.traceparent),
           'body', coalesce(plain_text(e.body), cast(e.body as text))) as text) as event
  from webhook_event e where e.id = :#${header.id}
