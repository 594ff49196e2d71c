-- One dead letter as JSON, with all of its payload.
select cast(json_build_object('id', id, 'at', at, 'source', source, 'error', error, 'payload', payload, 'state', state, 'length', length(payload)) as text) as letter
  from dead_letter where id = case when cast(:#${header.id} as text) ~ '^[0-9]{1,18}$' then cast(:#${header.id} as bigint) end
