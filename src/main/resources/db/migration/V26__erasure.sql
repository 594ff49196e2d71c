-- What POST /ops/erase does: it takes a person out of everything that this container keeps (routes/ops/erase.camel.yaml).

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

-- What a text must hold to be worth the search for a pattern: before the plus, and the host, of each address, also as a URL has them; in pairs.
create function probes_of(addresses text[]) returns text[] language sql immutable parallel safe as $$
    select coalesce(array_agg(part order by n, form, place), '{}')
      from unnest(addresses) with ordinality a (address, n), (values (1), (2)) f (form), (values (1), (2)) p (place),
           lateral (select case place when 1 then split_part(split_part(address, '@', 1), '+', 1) else split_part(address, '@', 2) end as plain) v,
           lateral (select case form when 1 then plain else lower(url_encode(plain)) end as part) w
$$;

-- Whether a text holds one of the addresses. The search for a pattern is dear, and so is the lower case of letters of all scripts.
create function mentions(value text, probes text[], pattern text) returns boolean language plpgsql immutable parallel safe as $$
declare
    ascii boolean := octet_length(value) = length(value);
    flat  text;
begin
    if value is null or ascii and strpos(value, '@') = 0 and strpos(value, '%40') = 0 then
        return false;
    end if;
    flat := case when ascii then lower(value collate "C") else lower(normalize(value, NFKC)) end;
    for n in 1 .. cardinality(probes) by 2 loop
        if strpos(flat, probes[n]) > 0 and strpos(flat, probes[n + 1]) > 0 then
            return flat ~* pattern;
        end if;
    end loop;
    return false;
end $$;

-- How a document concerns people of these ids, or an address: theirs, about them, or no more than that it names the address (hashed: as
-- PRIVATE_FIELDS has it); null: not at all.
create function concerns(resource text, document jsonb, ids text[], probes text[], pattern text, hashed text[]) returns text language plpgsql immutable parallel safe as $$
declare
    flat   text := cast(document as text);
    wanted text;
begin
    foreach wanted in array ids loop
        if strpos(flat, wanted) > 0 and wanted = any (person_ids(resource, document)) then
            return 'theirs';
        end if;
    end loop;
    if mentions(flat, probes, pattern) then
        return 'names';
    end if;
    foreach wanted in array hashed loop
        if strpos(flat, wanted) > 0 then
            return 'names';
        end if;
    end loop;
    return null;
end $$;

-- The same for a text that may be JSON, in which letters may be written as \u and four digits.
create function payload_mentions(value text, probes text[], pattern text) returns boolean language plpgsql stable as $$
begin
    return coalesce(mentions(value, probes, pattern) or strpos(value, '\u') > 0 and mentions(cast(to_document(value) as text), probes, pattern), false);
end $$;

-- A text without an address. Its Unicode is rewritten only where the address is not found otherwise.
create function struck(value text, pattern text) returns text language sql immutable parallel safe as $$
    select case when one_form(plain) ~* pattern then regexp_replace(one_form(plain), pattern, '***', 'gi') else plain end from (select regexp_replace(value, pattern, '***', 'gi') as plain) p
$$;

-- The same for each text in a document, one by one: in another form of Unicode a letter may be a quote, and the whole no JSON.
create function struck_document(document jsonb, pattern text) returns jsonb language plpgsql immutable parallel safe as $$
begin
    if jsonb_typeof(document) = 'array' then
        return (select coalesce(jsonb_agg(struck_document(e, pattern) order by n), '[]') from jsonb_array_elements(document) with ordinality a (e, n));
    elsif jsonb_typeof(document) = 'object' then
        return (select coalesce(jsonb_object_agg(struck(key, pattern), struck_document(v, pattern)), '{}') from jsonb_each(document) f (key, v));
    elsif jsonb_typeof(document) = 'string' then
        return to_jsonb(struck(document #>> '{}', pattern));
    end if;
    return document;
end $$;

-- Begins an erasure: from the moment this is committed nothing of the person is taken any more.
create function begin_erasure(policy text, addresses text[], actor text) returns text language plpgsql as $$
declare
    rules jsonb := private_policy(policy);
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
    probes  text[] := probes_of(addresses);
    pattern text   := (select string_agg(address_pattern(a), '|') from unnest(addresses) a);
    -- Of any field for an address: a hash does not depend on its name.
    hashed  text[] := array(select private_text('email_address', a, private_policy(policy)) from unnest(addresses) a);
begin
    return array(
        select cast(id as text) from record where resource = 'people' and (strpos(cast(document as text), 'hash:') > 0 and string_to_array(own_addresses(document), ' ') && hashed or mentions(cast(document as text), probes, pattern) and mentions(own_addresses(document), probes, pattern))
         union
        select answer -> 'data' ->> 'id' from operation
         where resource = 'people' and answer -> 'data' ->> 'id' is not null and mentions(own_addresses(coalesce(request, '{}') || coalesce(answer -> 'data', '{}')), probes, pattern)
         union
        select cast(person_id as text) from sync_row where person_id is not null and (email = any (addresses) or mentions(own_addresses(original), probes, pattern)));
end $$;

-- Takes a person out of all tables but the audit log. In one transaction, so that it happened, or did not; a second time it finds nothing.
-- Answers how much of what, or {"busy":…} where something is just being written for them, and nothing was touched.
-- addresses: the forms of one address (lower case, one form of Unicode); ids: whose it is (people_with).
create function erase_person(policy text, addresses text[], ids text[], publish boolean, run text) returns jsonb language plpgsql as $$
declare
    rules    jsonb := private_policy(policy);
    probes   text[] := probes_of(addresses);
    pattern  text := (select string_agg(address_pattern(a), '|') from unnest(addresses) a);
    hashed   text[] := array(select private_text('email_address', a, rules) from unnest(addresses) a);
    rows     bigint[];
    keys     text[];
    counts   jsonb := '{}';
    done     jsonb;
    n        bigint;
    before   bigint;
    col      record;
begin
    -- No row is taken in hand from here on.
    perform pg_advisory_xact_lock(72459917);
    rows := array(select seq from sync_row where email = any (addresses) or cast(person_id as text) = any (ids) or cast(person as text) = any (ids)
                                            or payload_mentions(cast(original as text) || ' ' || key || ' ' || coalesce(error, '') || ' ' || coalesce(dry_subject, '') || ' ' || array_to_string(identities, ' '), probes, pattern));
    keys := array(select key from operation where concerns(resource, coalesce(request, '{}'), ids, probes, pattern, hashed) is not null or concerns(resource, coalesce(answer -> 'data', '{}'), ids, probes, pattern, hashed) is not null
                                               or mentions(concat_ws(' ', key, subject, answer), probes, pattern));
    select count(*) into n from (select from sync_row where seq = any (rows) and state = 'open' and holder is not null and is_held(holder, fence)
                                  union all select from operation where key = any (keys) and state = 'started' and lease_until > now()) busy;
    if n > 0 then
        return jsonb_build_object('busy', n);
    end if;
    insert into suppression (hash, erasure) select private_mac('person:' || i, rules), run from unnest(ids) i on conflict do nothing;

    -- The mirror, with a tombstone for each record that Kafka may have; then whatever of it still waits for Kafka is of no use.
    with concerned as materialized (
        select resource, id, how, outlives_people(resource) and not (resource = 'people' and how = 'theirs' or resource = 'users' and (mentions(own_addresses(document), probes, pattern) or string_to_array(own_addresses(document), ' ') && hashed)) as stays
          from (select r.resource, r.id, r.document, case when r.resource = 'people' and cast(r.id as text) = any (ids) then 'theirs' else concerns(r.resource, r.document, ids, probes, pattern, hashed) end as how from record r) r
         where how is not null
    ), gone as (
        delete from record r using (select r.resource, r.id from record r join concerned c on c.resource = r.resource and c.id = r.id where not c.stays order by r.resource, r.id for update of r) theirs
         where r.resource = theirs.resource and r.id = theirs.id returning r.resource, r.id, r.updated_at
    ), tombstones as (
        insert into outbox (resource, id, updated_at, source, event) select resource, id, updated_at, 'erase', 'erased' from gone where publish order by resource, id returning seq
    ), left_over as (
        update record r set document = struck_document(r.document || cast(case when c.how = 'theirs' then '{"last_contacted_person":null}' else '{}' end as jsonb), pattern)
          from concerned c where c.stays and r.resource = c.resource and r.id = c.id
        returning r.*
    ), again as (
        insert into outbox (resource, id, updated_at, document, source, event) select resource, id, updated_at, document, 'erase', 'struck' from left_over where publish and deleted_at is null order by resource, id
    )
    select jsonb_build_object('records', (select coalesce(jsonb_object_agg(resource, c), '{}') from (select resource, count(*) as c from gone group by resource) g),
               'struck', (select count(*) from left_over), 'tombstones', (select count(*) from tombstones)),
           coalesce((select min(seq) from tombstones), 9223372036854775807) into done, before;
    counts := counts || done;
    -- Whatever of it still waited for Kafka; what this has put there stays.
    delete from outbox o where concerns(o.resource, coalesce(o.document, '{}'), ids, probes, pattern, hashed) is not null
        or o.seq < before and o.document is not null and exists (select from outbox t where t.seq >= before and t.resource = o.resource and t.id = o.id and t.event = 'erased');
    get diagnostics n = row_count;
    counts := counts || jsonb_build_object('waitingForKafka', n);

    delete from webhook_event e where concerns(event_resource(e.event), e.body, ids, probes, pattern, hashed) is not null or jsonb_typeof(e.body) = 'string' and payload_mentions(e.body #>> '{}', probes, pattern);
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
    update sync_job set idempotency_key = 'erased:' || private_mac(idempotency_key, rules) where mentions(idempotency_key, probes, pattern);
    delete from result_outbox where cast(document ->> 'personId' as text) = any (ids) or mentions(cast(document as text) || ' ' || key, probes, pattern);

    delete from operation where key = any (keys);
    get diagnostics n = row_count;
    counts := counts || jsonb_build_object('operations', n);

    delete from dead_letter l where payload_mentions(concat_ws(' ', l.payload, l.error, l.lookup_query, l.query, l.path, l.source), probes, pattern) or mentions(l.idempotency_key, probes, pattern)
        or l.path ~ ('^/v2/people/(' || array_to_string(ids, '|') || ')[.]json$') and ids <> '{}'
        or strpos(l.payload, 'person') + strpos(l.payload, 'recipient') + strpos(l.payload, 'id') > 0 and person_ids(coalesce(l.resource, split_part(l.source, ':', 2)), (read_payload(l.payload)).document) && ids;
    get diagnostics n = row_count;
    counts := counts || jsonb_build_object('deadLetters', n);

    delete from notice where mentions(cast(document as text) || ' ' || id, probes, pattern);
    get diagnostics n = row_count;
    delete from notice_outbox where mentions(cast(document as text) || ' ' || key, probes, pattern);
    counts := counts || jsonb_build_object('notices', n);

    -- Every other text of every other table, whatever it is for.
    for col in
        select c.relname as tab, a.attname as name, format_type(a.atttypid, null) as type
          from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
         where c.relnamespace = cast(current_schema() as regnamespace) and c.relkind = 'r' and format_type(a.atttypid, null) in ('text', 'character varying', 'json', 'jsonb', 'text[]')
           and c.relname not in ('record', 'outbox', 'webhook_event', 'sync_row', 'operation', 'audit_log', 'erasure', 'suppression', 'flyway_schema_history')
    loop
        execute format('update %1$I set %2$I = cast(' || case when col.type like 'json%' then 'struck_document(cast(%2$I as jsonb), $2)'
                                                              when col.type = 'text[]' then 'array(select struck(e, $2) from unnest(%2$I) with ordinality a (e, n) order by n)' else 'struck(%2$I, $2)' end
                       || ' as %3$s) where mentions(cast(%2$I as text), $1, $2)', col.tab, col.name, col.type) using probes, pattern;
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
    rules   jsonb := private_policy(policy);
    probes  text[] := probes_of(addresses);
    pattern text := (select string_agg(address_pattern(a), '|') from unnest(addresses) a);
    hashed  text[] := array(select private_text('email_address', a, rules) from unnest(addresses) a);
    lines   bigint[];
begin
    erased := 0;
    last := (select max(id) from (select id from audit_log where id > after order by id limit most) part);
    lines := array(select id from audit_log where id > after and id <= last and request is not null
                      and (resource = 'people' and cast(resource_id as text) = any (ids) or concerns(resource, request, ids, probes, pattern, hashed) is not null)
                    union all
                   select id from audit_log where id > after and id <= last and mentions(idempotency_key, probes, pattern));
    if lines <> '{}' then
        perform pg_advisory_xact_lock(72459918);
        update erasure set xact = pg_current_xact_id() where id = run and ended_at is null;
        execute format('grant update (request, idempotency_key) on audit_log to %I', current_user);
        update audit_log set request = null, idempotency_key = case when mentions(idempotency_key, probes, pattern) then 'erased:' || private_mac(idempotency_key, rules) else idempotency_key end
         where id = any (lines);
        get diagnostics erased = row_count;
        execute format('revoke update (request, idempotency_key) on audit_log from %I', current_user);
    end if;
end $$;
revoke execute on function erase_audit from public;
