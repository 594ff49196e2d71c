-- Which trace what is written belongs to, so that a question about a request, an event or a run finds all of it: in the log, the ledger and the
-- audit, and from what Kafka got. Empty: from an older release.

-- The id of a trace, of the header that W3C calls traceparent.
create function trace_id(traceparent text) returns text language sql immutable parallel safe as $$
    select substr(traceparent, 4, 32)
$$;

-- The trace of what an older release has stored without one: the same wherever, and however often, it is gone on with.
create function traceparent_of(name text) returns text language sql immutable parallel safe as $$
    select '00-' || md5(name) || '-' || left(md5(name), 16) || '-01'
$$;

-- What was asked of SalesLoft.
alter table operation add column trace text;
alter table audit_log add column trace text;
create index audit_log_trace on audit_log (trace) where trace is not null;

-- What is done later, perhaps by another replica, goes on with the trace in which it was asked for.
alter table sync_job add column traceparent text;
alter table sync_row add column traceparent text;      -- where it is not the one of its job
alter table sync_cursor add column traceparent text;   -- of the pull that is open or asked for
alter table webhook_event add column traceparent text;
alter table rollback_run add column traceparent text;
alter table notice add column traceparent text;
alter table republish add column traceparent text;

-- The header of a record of Kafka's.
alter table outbox add column traceparent text;
alter table result_outbox add column traceparent text;
alter table notice_outbox add column traceparent text;
create or replace view due_notice as
select n.*
  from notice n
 where n.state = 'waiting' and n.next_attempt_at <= now()
   and not exists (select from notice b
                    where b.state = 'waiting' and b.audience = n.audience and b.document ->> 'runbook' = n.document ->> 'runbook' and b.at < n.at);
