-- GET /sync/status in one document.
select cast(json_build_object('paused', (select paused from control), 'resources', coalesce(json_object_agg(c.resource, json_build_object(
           'state', state, 'cursor', cursor, 'lastRun', last_run_at, 'finished', finished_at, 'pulled', pulled, 'error', error,
           -- As the last first pull, or the last reading whole, began.
           'price', case when run_points is not null then json_build_object('records', run_records, 'points', run_points, 'readWhole', phase = 'full' or list_order not like '%sort_by=updated_at%', 'every', every) end,
           'view', (select problem from mirrored_list l where l.resource = c.resource)) order by c.resource), '{}')) as text) as status
  from sync_cursor c
