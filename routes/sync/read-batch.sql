-- What a batch sends, as SalesLoft takes it: each row's fields, with what it is recognised by.
select count(*) as records,
       cast(json_build_object('data', coalesce(json_agg(o.request || jsonb_build_object('upsert_key', w.upsert_key)
                || case when w.upsert_key = 'id' then jsonb_build_object('id', cast(w.value as bigint)) else '{}' end order by w.seq), '[]')) as text) as data
  from push_batch b
  join push_batch_row w on w.batch = b.id
  join sync_row r on r.seq = w.seq and r.state = 'open' and r.holder is null and due_from(r.newer, r.due_at, r.not_before) = b.parked_until
  join operation o on o.key = w.key and o.state = 'started'
 where b.id = cast(:#${exchangeProperty.batch[id]} as bigint)
