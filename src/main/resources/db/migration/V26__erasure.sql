-- What POST /ops/erase does: it takes a person out of everything that this container keeps (routes/privacy/erase.camel.yaml).

-- The audit log is append-only for everybody but a transaction that says what it does in the table erasure, and that one may touch no more
-- than the payload of a line, or the lines that are too old to be kept. The name of the trigger is the one of V1.
create or replace function audit_log_is_append_only() returns trigger language plpgsql as $$
begin
    if tg_op = 'TRUNCATE' or not exists (select from erasure where xact = pg_current_xact_id_if_assigned()
                                            and kind = any (case tg_op when 'DELETE' then array['retention'] else array['person', 'fields'] end)) then
        raise exception 'audit_log is append-only';
    end if;
    return null;
end $$;
create function audit_log_keeps_lines() returns trigger language plpgsql as $$
begin
    if to_jsonb(new) - '{request,idempotency_key}'::text[] <> to_jsonb(old) - '{request,idempotency_key}'::text[]
       or new.idempotency_key <> old.idempotency_key and new.idempotency_key !~ '^erased:' or old.request is null and new.request is not null then
        raise exception 'audit_log is append-only';
    end if;
    return new;
end $$;
create trigger audit_log_lines before update on audit_log for each row execute function audit_log_keeps_lines();

-- The form of an address that is searched for in any text, however it is written there: case, Unicode, in a URL, behind an escape of JSON;
-- with whatever may stand behind a plus, and not where it is only part of another address.
create function address_pattern(address text) returns text language sql immutable parallel safe as $$
    select '((?<![[:alnum:]._%+-])|(?<=%(20|22|26|27|2c|3a|3b|3c|3d|3e|5b|5d))|(?<=\\[nrtbf]))'
           || '(' || replace(p.local, '\+', '(\+|%2b)') || '|' || p.local_in_url || ')((\+|%2b)[^@%\\"<>[:space:]]*)?(@|%40)(' || p.domain || '|' || p.domain_in_url || ')(?![[:alnum:]-]|\.[[:alnum:]])'
      from (select regexp_replace(split_part(address, '@', 1), '([^[:alnum:]])', '\\\1', 'g') as local, regexp_replace(split_part(address, '@', 2), '([^[:alnum:]])', '\\\1', 'g') as domain,
                   regexp_replace(lower(url_encode(split_part(address, '@', 1))), '([^[:alnum:]])', '\\\1', 'g') as local_in_url,
                   regexp_replace(lower(url_encode(split_part(address, '@', 2))), '([^[:alnum:]])', '\\\1', 'g') as domain_in_url) p
$$;

-- The hosts of addresses, also as a URL has them.
create function hosts_of(addresses text[]) returns text[] language sql immutable parallel safe as $$
    select array(select distinct h from unnest(addresses) a, unnest(array[split_part(a, '@', 2), lower(url_encode(split_part(a, '@', 2)))]) h)
$$;

-- Whether a text holds one of the addresses. The search for a pattern is dear, so first only for a host.
create function mentions(value text, hosts text[], pattern text) returns boolean language plpgsql immutable parallel safe as $$
declare
    flat text := one_form(value);
    host text;
begin
    foreach host in array hosts loop
        if strpos(lower(flat), host) > 0 then
            return flat ~* pattern;
        end if;
    end loop;
    return false;
end $$;

-- The same for a text that may be JSON, in which letters may be written as \u and four digits.
create function payload_mentions(value text, hosts text[], pattern text) returns boolean language plpgsql stable as $$
begin
    return coalesce(mentions(value, hosts, pattern) or strpos(value, '\u') > 0 and mentions(cast(to_document(value) as text), hosts, pattern), false);
end $$;

create function struck(value text, pattern text) returns text language sql immutable parallel safe as $$
    select regexp_replace(one_form(value), pattern, '***', 'gi')
$$;

-- Begins an erasure: from the moment this is committed nothing of the person is taken any more.
create function begin_erasure(policy text, addresses text[], actor text) returns text language plpgsql as $$
declare
    rules jsonb := cast(policy as jsonb);
    run   text;
begin
    insert into erasure (kind, subject, actor) values ('person', private_mac('email:' || addresses[1], rules), begin_erasure.actor) returning id into run;
    insert into suppression (hash, erasure) select private_mac('email:' || a, rules), run from unnest(addresses) a on conflict do nothing;
    insert into audit_log (phase, operation, resource, idempotency_key, actor, request, attempts)
    select 'intent', 'erase', 'people', 'erase:' || id, e.actor, jsonb_build_object('erasure', id, 'subject', subject), 1 from erasure e where id = run;
    return run;
end $$;

-- Waits until every transaction of this container, on any replica, that began before now is over: whatever begins later knows of the
-- suppression. False: one goes on for longer.
create function older_work_is_done(longest interval) returns boolean language plpgsql as $$
declare
    -- A virtual transaction stands in pg_locks from its begin to its end.
    older text[] := array(select l.virtualtransaction from pg_locks l join pg_stat_activity a on a.pid = l.pid
                           where l.locktype = 'virtualxid' and l.granted and l.pid <> pg_backend_pid() and a.usename = session_user and a.datname = current_database());
    until timestamptz := clock_timestamp() + longest;
begin
    loop
        if not exists (select from pg_locks where locktype = 'virtualxid' and granted and virtualtransaction = any (older)) then
            return true;
        elsif clock_timestamp() > until then
            return false;
        end if;
        perform pg_sleep(0.02);
    end loop;
end $$;

-- The ids of those whose address it is: in the mirror, and in what was sent.
create function people_with(policy text, addresses text[]) returns text[] language plpgsql stable as $$
declare
    hosts   text[] := hosts_of(addresses);
    pattern text   := (select string_agg(address_pattern(a), '|') from unnest(addresses) a);
    hashed  text[] := array(select private_text('email_address', a, cast(policy as jsonb)) from unnest(addresses) a);
begin
    return array(
        select cast(id as text) from record where resource = 'people' and (mentions(own_addresses(document), hosts, pattern) or document ->> 'email_address' = any (hashed))
         union
        select answer -> 'data' ->> 'id' from operation
         where resource = 'people' and answer -> 'data' ->> 'id' is not null and mentions(own_addresses(coalesce(request, '{}') || coalesce(answer -> 'data', '{}')), hosts, pattern)
         union
        select cast(person_id as text) from sync_row where person_id is not null and (email = any (addresses) or mentions(own_addresses(original), hosts, pattern)));
end $$;

-- Takes a person out of all tables but the audit log. In one transaction, so that it happened, or did not; a second time it finds nothing.
-- Answers how much of what, or {"busy":…} where something is just being written for them, and nothing was touched.
-- addresses: the forms of one address (lower case, one form of Unicode); people: ids that were found before (people_with).
create function erase_person(policy text, addresses text[], people text[], publish boolean, run text) returns jsonb language plpgsql as $$
declare
    rules    jsonb := cast(policy as jsonb);
    hosts    text[] := hosts_of(addresses);
    pattern  text := (select string_agg(address_pattern(a), '|') from unnest(addresses) a);
    hashed   text[] := array(select private_text('email_address', a, rules) from unnest(addresses) a);
    ids      text[];
    rows     bigint[];
    keys     text[];
    counts   jsonb := '{}';
    done     jsonb;
    n        bigint;
    col      record;
begin
    ids := array(select distinct i from unnest(people || people_with(policy, addresses)) i);

    -- No row is taken in hand from here on.
    perform pg_advisory_xact_lock(72459917);
    rows := array(select seq from sync_row where email = any (addresses) or cast(person_id as text) = any (ids) or cast(person as text) = any (ids)
                                            or payload_mentions(cast(original as text) || ' ' || key || ' ' || coalesce(error, '') || ' ' || coalesce(dry_subject, '') || ' ' || array_to_string(identities, ' '), hosts, pattern));
    keys := array(select key from operation where person_ids(resource, coalesce(request, '{}')) && ids or resource = 'people' and answer -> 'data' ->> 'id' = any (ids) or person_ids(resource, coalesce(answer -> 'data', '{}')) && ids
                                               or mentions(key || ' ' || coalesce(subject, '') || ' ' || coalesce(cast(request as text), '') || ' ' || coalesce(cast(answer as text), ''), hosts, pattern));
    select count(*) into n from (select from sync_row where seq = any (rows) and state = 'open' and holder is not null and is_held(holder, fence)
                                  union all select from operation where key = any (keys) and state = 'started' and lease_until > now()) busy;
    if n > 0 then
        return jsonb_build_object('busy', n);
    end if;
    insert into suppression (hash, erasure) select private_mac('person:' || i, rules), run from unnest(ids) i on conflict do nothing;

    -- The mirror, with a tombstone for each record that Kafka may have; then whatever of it still waits for Kafka is of no use.
    with gone as (
        delete from record r using (
            select resource, id from record where
                   resource = 'people' and cast(id as text) = any (ids)
                or not outlives_people(resource) and (person_ids(resource, document) && ids or mentions(cast(document as text), hosts, pattern) or exists (select from unnest(hashed) h where strpos(cast(document as text), h) > 0))
                or resource = 'users' and mentions(own_addresses(document), hosts, pattern)
             order by resource, id for update) theirs
         where r.resource = theirs.resource and r.id = theirs.id returning r.resource, r.id, r.updated_at
    ), waiting as (
        delete from outbox o where (o.resource, o.id) in (select resource, id from gone) or mentions(cast(o.document as text), hosts, pattern) or person_ids(o.resource, o.document) && ids returning 1
    ), tombstones as (
        insert into outbox (resource, id, updated_at, source, event) select resource, id, updated_at, 'erase', 'erased' from gone where publish order by resource, id returning 1
    )
    select jsonb_build_object('records', (select coalesce(jsonb_object_agg(resource, c), '{}') from (select resource, count(*) as c from gone group by resource) g),
               'waitingForKafka', (select count(*) from waiting), 'tombstones', (select count(*) from tombstones)) into done;
    counts := counts || done;
    with left_over as (
        update record r set document = cast(struck(cast(r.document || cast(case when person_ids(r.resource, r.document) && ids and r.resource = 'accounts' then '{"last_contacted_person":null}' else '{}' end as jsonb) as text), pattern) as jsonb)
         where outlives_people(r.resource) and (mentions(cast(r.document as text), hosts, pattern) or r.resource = 'accounts' and person_ids(r.resource, r.document) && ids)
        returning r.*
    ), again as (
        insert into outbox (resource, id, updated_at, document, source, event) select resource, id, updated_at, document, 'erase', 'struck' from left_over where publish and deleted_at is null order by resource, id
    )
    select counts || jsonb_build_object('struck', count(*)) into counts from left_over;

    delete from webhook_event e where mentions(cast(e.body as text), hosts, pattern) or person_ids(event_resource(e.event), e.body) && ids or jsonb_typeof(e.body) = 'string' and payload_mentions(e.body #>> '{}', hosts, pattern);
    get diagnostics n = row_count;
    counts := counts || jsonb_build_object('events', n);

    -- Rows of jobs stay as empty lines, so that the numbers of their jobs are true; what was not begun has failed.
    delete from sync_identity i using sync_row r where r.seq = any (rows) and i.seq = r.seq and i.identity = any (r.identities);
    update sync_row r set state = 'done', outcome = coalesce(outcome, 'failed'), error = case when outcome is null then 'erased on request' end, original = '"erased"', fields = null, email = null, crm_id = null,
           phone = null, last_name = null, person = null, person_id = null, membership_id = null, dry_subject = null, identities = '{}', holder = null, fence = null, ended_at = coalesce(ended_at, now()),
           key = 'erased:' || private_mac(key, rules), claim = case when claim is not null then 'erased:' || private_mac(claim, rules) end
     where seq = any (rows) and original <> '"erased"';
    get diagnostics n = row_count;
    counts := counts || jsonb_build_object('rows', n);
    update sync_job set idempotency_key = 'erased:' || private_mac(idempotency_key, rules) where mentions(idempotency_key, hosts, pattern);
    delete from result_outbox where cast(document ->> 'personId' as text) = any (ids) or mentions(cast(document as text) || ' ' || key, hosts, pattern);

    delete from operation where key = any (keys);
    get diagnostics n = row_count;
    counts := counts || jsonb_build_object('operations', n);

    delete from dead_letter l where payload_mentions(concat_ws(' ', l.payload, l.error, l.lookup_query, l.query, l.path, l.source), hosts, pattern) or mentions(l.idempotency_key, hosts, pattern)
        or l.path ~ ('^/v2/people/(' || array_to_string(ids, '|') || ')[.]json$') and ids <> '{}'
        or strpos(l.payload, 'person') + strpos(l.payload, 'recipient') + strpos(l.payload, 'id') > 0 and person_ids(coalesce(l.resource, split_part(l.source, ':', 2)), (read_payload(l.payload)).document) && ids;
    get diagnostics n = row_count;
    counts := counts || jsonb_build_object('deadLetters', n);

    delete from notice where mentions(cast(document as text) || ' ' || id, hosts, pattern);
    get diagnostics n = row_count;
    delete from notice_outbox where mentions(cast(document as text) || ' ' || key, hosts, pattern);
    counts := counts || jsonb_build_object('notices', n);

    -- Every other text of every other table, whatever it is for.
    for col in
        select c.relname as tab, a.attname as name, format_type(a.atttypid, null) as type
          from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
         where c.relnamespace = cast(current_schema() as regnamespace) and c.relkind = 'r' and format_type(a.atttypid, null) in ('text', 'character varying', 'json', 'jsonb', 'text[]')
           and c.relname not in ('record', 'outbox', 'webhook_event', 'sync_row', 'operation', 'audit_log', 'erasure', 'suppression', 'flyway_schema_history')
    loop
        execute format('update %1$I set %2$I = cast(struck(cast(%2$I as text), $2) as %3$s) where mentions(cast(%2$I as text), $1, $2)', col.tab, col.name, col.type) using hosts, pattern;
        get diagnostics n = row_count;
        if n > 0 then
            counts := counts || jsonb_build_object('other', coalesce(counts -> 'other', '{}') || jsonb_build_object(col.tab, n + coalesce(cast(counts -> 'other' ->> col.tab as bigint), 0)));
        end if;
    end loop;
    return jsonb_build_object('people', cardinality(ids)) || counts;
end $$;

-- The payload of lines of the audit log goes, the line stays: some lines at a time, from the one after the last. Answers the last of them (null: there are no
-- more), and how many had a payload that was theirs. The only way there is: as the owner of the log, with a right that nobody has before or after.
create function erase_audit(policy text, addresses text[], ids text[], run text, after bigint, most integer, out last bigint, out erased bigint)
    language plpgsql security definer set search_path from current as $$
declare
    rules   jsonb := cast(policy as jsonb);
    hosts   text[] := hosts_of(addresses);
    pattern text := (select string_agg(address_pattern(a), '|') from unnest(addresses) a);
    lines   bigint[];
begin
    erased := 0;
    last := (select max(id) from (select id from audit_log where id > after order by id limit most) part);
    lines := array(select id from audit_log where id > after and id <= last and request is not null
                      and (resource = 'people' and cast(resource_id as text) = any (ids) or person_ids(resource, request) && ids or mentions(cast(request as text), hosts, pattern))
                    union all
                   select id from audit_log where id > after and id <= last and mentions(idempotency_key, hosts, pattern));
    if lines <> '{}' then
        perform pg_advisory_xact_lock(72459918);
        update erasure set xact = pg_current_xact_id() where id = run and ended_at is null;
        execute format('grant update (request, idempotency_key) on audit_log to %I', current_user);
        update audit_log set request = null, idempotency_key = case when mentions(idempotency_key, hosts, pattern) then 'erased:' || private_mac(idempotency_key, rules) else idempotency_key end
         where id = any (lines);
        get diagnostics erased = row_count;
        execute format('revoke update (request, idempotency_key) on audit_log from %I', current_user);
    end if;
end $$;
revoke execute on function erase_audit from public;
