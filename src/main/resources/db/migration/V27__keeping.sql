-- How long the audit log is kept, where somebody has said so; and what happens when PRIVATE_FIELDS names more than before.

-- Forgets lines of the audit log that are older than said (null: none), some at a time; those whose operation is still in the ledger stay. Noted in
-- the table erasure, once a day.
create function forget_audit(keep interval, most integer) returns bigint language plpgsql security definer set search_path from current as $$
declare
    lines bigint[] := array(select id from audit_log a where at < now() - keep and not exists (select from operation o where o.key = a.idempotency_key) order by at limit most);
    run   text;
begin
    if keep < interval '90 days' then
        raise exception 'audit_log is kept for ninety days at least';
    end if;
    if lines = '{}' then
        return 0;
    end if;
    perform pg_advisory_xact_lock(72459918);
    update erasure set xact = pg_current_xact_id(), ended_at = now(), document = jsonb_build_object('auditLines', cast(document ->> 'auditLines' as bigint) + cardinality(lines))
     where kind = 'retention' and at >= date_trunc('day', now()) returning id into run;
    if run is null then
        insert into erasure (kind, actor, ended_at, document) values ('retention', 'retention', now(), jsonb_build_object('auditLines', cardinality(lines)));
    end if;
    execute format('grant delete on audit_log to %I', current_user);
    delete from audit_log where id = any (lines);
    execute format('revoke delete on audit_log from %I', current_user);
    return cardinality(lines);
end $$;
revoke execute on function forget_audit from public;

-- With which key hashes were made, and how far the rules were applied to what was there before them. One row.
create function random_pad() returns text language sql volatile as $$
    select string_agg(encode(uuid_send(gen_random_uuid()), 'hex'), '') from generate_series(1, 4)
$$;
create table private_state (
    one     boolean     primary key default true check (one),
    key     text,                                        -- its own hash, by which it is known again
    inner_pad text      not null default random_pad(),   -- the key of the hashes where PRIVATE_KEY is not set: of NMAC, which has two,
    outer_pad text      not null default random_pad(),   -- 64 bytes each, in hex
    hashed  boolean     not null default false,          -- whether any of the rules so far hashes
    digest  text,                                        -- of the rules
    erasure text,                                        -- the row that says what was changed
    place   integer     not null default 1,              -- which table
    after   text        not null default '',             -- up to which row of it
    passes  integer     not null default 0,
    next_at timestamptz not null default now()
);
insert into private_state default values;

-- The payloads of lines of the audit log, as they may be kept. As erase_audit.
create function apply_to_audit(rules jsonb, run text, after bigint, most integer, out last bigint, out changed bigint)
    language plpgsql security definer set search_path from current as $$
declare
    lines bigint[];
begin
    changed := 0;
    last := (select max(id) from (select id from audit_log where id > after order by id limit most) part);
    lines := array(select id from audit_log where id > after and id <= last and request is not null and private_document(rules, resource, request) is distinct from request);
    if lines <> '{}' then
        perform pg_advisory_xact_lock(72459918);
        update erasure set xact = pg_current_xact_id() where id = run;
        execute format('grant update (request) on audit_log to %I', current_user);
        update audit_log set request = private_document(rules, resource, request) where id = any (lines);
        get diagnostics changed = row_count;
        execute format('revoke update (request) on audit_log from %I', current_user);
    end if;
end $$;
revoke execute on function apply_to_audit from public;

-- The payload of a dead letter, as it may be kept.
create function private_payload(rules jsonb, letter dead_letter) returns text language sql stable as $$
    select case when letter.source like '% /v2/%' then cast(without_private_fields(rules, substring(letter.source from '/v2/([a-z_]+)'), to_document(letter.payload)) as text)
                else coalesce(cast(private_document(rules, case when letter.source like 'webhook:%' then event_resource(substr(letter.source, 9))
                                                                when letter.source like 'push:%:%' then 'people' else split_part(letter.source, ':', 2) end, (read_payload(letter.payload)).document) as text),
                              kept_text(rules, letter.payload, letter.id)) end
$$;

-- Applies the rules to what was stored before them, some rows at a time: twice, an hour apart, because a replica that does not know them yet may
-- go on for a while. Answers how many rows were looked at; null: there is nothing to do (now), or another replica does it.
create function apply_private_fields(policy text, publish boolean, most integer) returns bigint language plpgsql as $$
declare
    rules  jsonb := private_policy(policy) || '{"suppressing":false}';
    state  private_state;
    places text[] := array['record', 'outbox', 'result_outbox', 'webhook_event', 'sync_row', 'operation', 'dead_letter', 'audit_log'];
    keys   text[] := array[null, 'seq', 'seq', 'id', 'seq', 'key', 'id', null];
    types  text[] := array[null, 'bigint', 'bigint', 'text', 'bigint', 'text', 'bigint', null];
    -- What of a row (t) is to be what ($1: the rules).
    sets   text[] := array[null,
        'document = private_document($1, t.resource, t.document)',
        'document = t.document || jsonb_build_object(''original'', private_document($1, ''people'', t.document -> ''original''))',
        'body = private_document($1, event_resource(t.event), t.body)',
        'original = private_document($1, ''people'', t.original), error = private_words($1, t.error), email = null, crm_id = null, phone = null, last_name = null, identities = ''{}''',
        'request = private_document($1, t.resource, t.request), answer = private_answer($1, t.resource, t.answer), subject = private_subject($1, t.subject)',
        'payload = private_payload($1, t)', null];
    -- Rows that are not done need what they have.
    which  text[] := array[null, 'true', 'jsonb_exists(t.document, ''original'')', 'true', 't.state = ''done'' and has_private_fields($1, ''people'')', 't.state <> ''started''', 'true', null];
    changed bigint := 0;
    seen    bigint;
    last    text;
    letter  dead_letter;
begin
    if rules is null or rules -> 'fields' = '{}' then
        return null;
    end if;
    select * into state from private_state for update skip locked;
    if state.digest is distinct from private_mac(cast(rules -> 'fields' as text), rules) then
        state.digest := private_mac(cast(rules -> 'fields' as text), rules);
        insert into erasure (kind, actor, document) values ('fields', 'settings', '{"rows":0}') returning id into state.erasure;
        update private_state set digest = state.digest, erasure = state.erasure, place = 1, after = '', passes = 0, next_at = now();
        select * into state from private_state;
    end if;
    if state.one is null or state.passes >= 2 or state.next_at > now() then
        return null;
    end if;
    if places[state.place] = 'record' then
        with batch as (
            select resource, id, document from record
             where (resource, id) > (split_part(state.after, '/', 1), cast('0' || split_part(state.after, '/', 2) as bigint)) and jsonb_exists(rules -> 'fields', resource)
             order by resource, id limit most for update
        ), written as (
            update record r set document = private_document(rules, b.resource, b.document) from batch b
             where r.resource = b.resource and r.id = b.id and private_document(rules, b.resource, b.document) <> b.document returning r.*
        ), queued as (
            insert into outbox (resource, id, updated_at, document, source, event) select resource, id, updated_at, document, 'erase', 'private' from written where publish and deleted_at is null order by resource, id
        )
        select (select count(*) from batch), (select count(*) from written), (select resource || '/' || id from batch order by resource desc, id desc limit 1) into seen, changed, last;
    elsif places[state.place] = 'audit_log' then
        select a.last, a.changed into last, changed from apply_to_audit(rules, state.erasure, cast('0' || state.after as bigint), most) a;
        seen := case when last is null then 0 else most end;
    else
        execute format('select count(*), max(k) from (select %1$I as k from %2$I where %1$I > cast($1 as %3$s) order by %1$I limit $2) part', keys[state.place], places[state.place], types[state.place])
           into seen, last using case when types[state.place] = 'bigint' then '0' || state.after else state.after end, most;
        if places[state.place] = 'dead_letter' then
            for letter in select * from dead_letter where id > cast('0' || state.after as bigint) and id <= cast(last as bigint) for update loop
                begin
                    update dead_letter t set payload = private_payload(rules, letter), error = private_words(rules, letter.error) where t.id = letter.id;
                exception when unique_violation then -- two that differed in nothing else
                    update dead_letter t set payload = withheld(letter.id), error = private_words(rules, letter.error) where t.id = letter.id;
                end;
                changed := changed + 1;
            end loop;
        elsif seen > 0 then
            execute format('update %2$I t set %4$s where t.%1$I > cast($2 as %3$s) and t.%1$I <= cast($3 as %3$s) and %5$s', keys[state.place], places[state.place], types[state.place], sets[state.place], which[state.place])
              using rules, case when types[state.place] = 'bigint' then '0' || state.after else state.after end, last;
            get diagnostics changed = row_count;
        end if;
    end if;
    update erasure set document = jsonb_build_object('rows', cast(document ->> 'rows' as bigint) + changed) where id = state.erasure;
    if last is not null then
        update private_state set after = last;
    elsif state.place < cardinality(places) then
        update private_state set place = place + 1, after = '';
    else
        update private_state set place = 1, after = '', passes = passes + 1, next_at = now() + interval '1 hour';
        update erasure set ended_at = now() where id = state.erasure;
    end if;
    return seen;
end $$;

-- Whether hashes that are there were made with the key of these rules, which is noted with the first; without any hash another key is as good.
create function private_key_fits(policy text) returns boolean language plpgsql as $$
declare
    mark text := private_mac('key', private_policy(policy));
begin
    if exists (select from private_state where key is distinct from mark and key is not null and (hashed or exists (select from suppression))) then
        return false;
    end if;
    update private_state set key = mark where key is distinct from mark;
    update private_state set hashed = true where not hashed and exists (select from jsonb_each(cast(policy as jsonb) -> 'fields') f (resource, fields), jsonb_array_elements(fields) r where r ->> 0 = 'hash');
    -- Once more, because somebody may have rolled back to a release that does not know the rules, and come back.
    update private_state set passes = least(passes, 1), next_at = now() where digest is not null;
    return true;
end $$;
