-- One dead letter as JSON, with all of its payload.
select cast(json_build_object('id', id, 'at', at, 'source', source, 'error', error, 'payload', payload, 'state', state, 'length', length(payload)) as text) as letter
  from dead_letter where id = to_bigint(cast(:#${header.id} as text))
