-- GET /sync/status in one document.
select cast(json_build_object('paused', (select paused from control), 'resources', coalesce(json_object_agg(resource, json_build_object(
           'state', state, 'cursor', cursor, 'lastRun', last_run_at, 'finished', finished_at, 'pulled', pulled, 'error', error) order by resource), '{}')) as text) as status
  from sync_cursor
