-- What is asked for by a record, a job, a trace or a failure is found without looking through a million lines.
create index audit_log_job on audit_log (job, id) where job is not null and phase = 'intent';
create index audit_log_trace_id on audit_log (trace, id) where trace is not null and phase = 'intent';
create index audit_log_resource_id on audit_log (resource_id) where resource_id is not null;
create index sync_row_failed on sync_row (job, number) where outcome = 'failed';
drop index audit_log_trace;

create function to_uuid(value text) returns uuid language sql immutable parallel safe as $$
select case when value ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then cast(value as uuid) end
$$;

-- A mutation as GET /ops/audit shows it: what was intended and, as far as it is known, what came of it.
create function shown_mutation(intent audit_log) returns json language sql stable as $$
select json_build_object('at', intent.at, 'operation', coalesce(o.operation, intent.operation), 'resource', intent.resource, 'resourceId', o.resource_id,
           'idempotencyKey', intent.idempotency_key, 'job', intent.job, 'trace', coalesce(o.trace, intent.trace), 'actor', intent.actor,
           'request', coalesce(o.request, intent.request), 'status', o.status, 'outcome', o.outcome,
           'attempts', coalesce(o.attempts, (select max(i.attempts) from audit_log i where i.idempotency_key = intent.idempotency_key and i.phase = 'intent')), 'durationMs', o.duration_ms)
  from (values (1)) one
  left join lateral (select * from audit_log o where o.idempotency_key = intent.idempotency_key and o.phase = 'outcome' order by o.id desc limit 1) o on true
$$;
