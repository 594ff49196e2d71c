-- What the fields of an update were before it, in the audit log: {field: value}, with the line of the intent. And which record an intent is about,
-- where that is known before it is sent.
alter table audit_log add column before jsonb;

-- The old values of the fields that differ, as SalesLoft showed them.
create function old_values(rules jsonb, differing jsonb, record jsonb) returns jsonb language sql immutable parallel safe as $$
    select jsonb_object_agg(key, shown_value(rules, record, key)) from jsonb_each(differing)
$$;

-- The id of a record at the end of a path such as /v2/people/42.json; null: there is none, as where one is created.
create function id_in_path(path text) returns bigint language sql immutable parallel safe as $$
    select to_bigint(substring(path from '/([0-9]+)([.]json)?$'))
$$;

-- As V28 has it, with old and new of each field that was changed. An update that was resumed has one line of intent more, for which nothing may differ:
-- the last one that knows old values counts.
create or replace function shown_mutation(intent audit_log) returns json language sql stable as $$
select json_build_object('at', intent.at, 'operation', coalesce(o.operation, intent.operation), 'resource', intent.resource, 'resourceId', coalesce(o.resource_id, intent.resource_id),
           'idempotencyKey', intent.idempotency_key, 'job', intent.job, 'trace', coalesce(o.trace, intent.trace), 'actor', intent.actor,
           'request', coalesce(o.request, intent.request), 'changes', c.changes, 'status', o.status, 'outcome', o.outcome,
           'attempts', coalesce(o.attempts, (select max(i.attempts) from audit_log i where i.idempotency_key = intent.idempotency_key and i.phase = 'intent')), 'durationMs', o.duration_ms)
  from (values (1)) one
  left join lateral (select * from audit_log o where o.idempotency_key = intent.idempotency_key and o.phase = 'outcome' order by o.id desc limit 1) o on true
  left join lateral (select b.before from audit_log b where b.idempotency_key = intent.idempotency_key and b.phase = 'intent' and b.before is not null order by b.id desc limit 1) b on true
  left join lateral (select json_object_agg(key, json_build_object('old', value, 'new', coalesce(o.request, intent.request) -> key)) as changes from jsonb_each(b.before)) c on true
$$;

-- The trigger of V26: old values are a payload as what was sent is.
create or replace function audit_log_keeps_lines() returns trigger language plpgsql as $$
begin
    if to_jsonb(new) - '{request,before,idempotency_key}'::text[] <> to_jsonb(old) - '{request,before,idempotency_key}'::text[]
       or new.idempotency_key <> old.idempotency_key and new.idempotency_key !~ '^erased:' or old.request is null and new.request is not null or old.before is null and new.before is not null then
        raise exception 'audit_log is append-only';
    end if;
    return new;
end $$;

-- As V26 has it, with the old values, and with all lines of a mutation whose outcome says that it was about the person: what was sent may name no one, as
-- {"title": "CEO"} does. Of what is about a person (notes, tasks), the mirror says about whom.
create or replace function erase_audit(policy text, addresses text[], ids text[], run text, after bigint, most integer, out last bigint, out erased bigint)
    language plpgsql security definer set search_path from current as $$
declare
    rules   jsonb := private_policy(policy);
    probes  text[] := probes_of(addresses);
    pattern text := (select string_agg(address_pattern(a), '|') from unnest(addresses) a);
    hashed  text[] := array(select private_text('email_address', a, rules) from unnest(addresses) a);
    keys    text[] := array(select idempotency_key from audit_log where resource = 'people' and resource_id in (select to_bigint(i) from unnest(ids) i));
    lines   bigint[];
begin
    erased := 0;
    last := (select max(id) from (select id from audit_log where id > after order by id limit most) part);
    lines := array(select id from audit_log a where id > after and id <= last and (request is not null or before is not null)
                      and (idempotency_key = any (keys) or concerns(resource, request, ids, probes, pattern, hashed) is not null or concerns(resource, before, ids, probes, pattern, hashed) is not null
                           or resource_id is not null and not outlives_people(resource)
                              and exists (select from record r where r.resource = a.resource and r.id = a.resource_id and person_ids(r.resource, r.document) && ids))
                    union all
                   select id from audit_log where id > after and id <= last and mentions(idempotency_key, probes, pattern));
    if lines <> '{}' then
        perform pg_advisory_xact_lock(72459918);
        update erasure set xact = pg_current_xact_id() where id = run and ended_at is null;
        execute format('grant update (request, before, idempotency_key) on audit_log to %I', current_user);
        update audit_log set request = null, before = null, idempotency_key = case when mentions(idempotency_key, probes, pattern) then 'erased:' || private_mac(idempotency_key, rules) else idempotency_key end
         where id = any (lines);
        get diagnostics erased = row_count;
        execute format('revoke update (request, before, idempotency_key) on audit_log from %I', current_user);
    end if;
end $$;

-- As V27 has it, with the old values.
create or replace function apply_to_audit(rules jsonb, run text, after bigint, most integer, out last bigint, out changed bigint)
    language plpgsql security definer set search_path from current as $$
declare
    lines bigint[];
begin
    changed := 0;
    last := (select max(id) from (select id from audit_log where id > after order by id limit most) part);
    lines := array(select id from audit_log where id > after and id <= last
                      and (private_document(rules, resource, request) is distinct from request or private_document(rules, resource, before) is distinct from before));
    if lines <> '{}' then
        perform pg_advisory_xact_lock(72459918);
        update erasure set xact = pg_current_xact_id() where id = run;
        execute format('grant update (request, before) on audit_log to %I', current_user);
        update audit_log set request = private_document(rules, resource, request), before = private_document(rules, resource, before) where id = any (lines);
        get diagnostics changed = row_count;
        execute format('revoke update (request, before) on audit_log from %I', current_user);
    end if;
end $$;
