-- What of a push is kept, now that it writes other objects than people: their rules (PRIVATE_FIELDS) hold for their rows.

-- What a job writes; of one that is gone, people.
create function object_of(job text) returns text language sql stable as $$
    select coalesce((select j.object from sync_job j where j.job = cast(object_of.job as uuid)), 'people')
$$;

-- Whatever takes something out of a row that is done (an erasure, rules that were set later, an older release too) takes out what it would have changed.
create function forget_changes() returns trigger language plpgsql as $$
begin
    new.changes := null;
    return new;
end $$;
create trigger sync_row_forget_changes before update of original on sync_row for each row
    when (old.state = 'done' and new.original is distinct from old.original and old.changes is not null) execute function forget_changes();

-- As in V27, but for these: rows and their results go by the rules of what their job writes.
create or replace function apply_private_fields(policy text, publish boolean, most integer) returns bigint language plpgsql as $$
declare
    rules  jsonb := private_policy(policy) || '{"suppressing":false}';
    state  private_state;
    places text[] := array['record', 'outbox', 'result_outbox', 'webhook_event', 'sync_row', 'operation', 'dead_letter', 'audit_log'];
    keys   text[] := array[null, 'seq', 'seq', 'id', 'seq', 'key', 'id', null];
    types  text[] := array[null, 'bigint', 'bigint', 'text', 'bigint', 'text', 'bigint', null];
    -- What of a row (t) is to be what ($1: the rules).
    sets   text[] := array[null,
        'document = private_document($1, t.resource, t.document)',
        'document = t.document || jsonb_build_object(''original'', private_document($1, object_of(t.document ->> ''job''), t.document -> ''original''))',
        'body = private_document($1, event_resource(t.event), t.body)',
        'original = private_document($1, object_of(cast(t.job as text)), t.original), error = private_words($1, t.error), email = null, crm_id = null, phone = null, last_name = null, identities = ''{}''',
        'request = private_document($1, t.resource, t.request), answer = private_answer($1, t.resource, t.answer), subject = private_subject($1, t.subject)',
        'payload = private_payload($1, t)', null];
    -- Rows that are not done need what they have.
    which  text[] := array[null, 'true', 'jsonb_exists(t.document, ''original'')', 'true', 't.state = ''done'' and has_private_fields($1, object_of(cast(t.job as text)))', 't.state <> ''started''', 'true', null];
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
