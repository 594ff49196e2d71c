-- The push writes other objects than people, by rules that a file beside the routes says (sync/object-*.sql). Of one kind of object they say, as JSON:
-- object: what SalesLoft calls them all, one: how one is called, prefix: what its identities begin with; fields: by name, of what type, how long at
-- most, where a record shows it, and so on; identities: by which fields one is known, and by which filter SalesLoft is asked for it; prefer:
-- by which of these one is matched first; instructions: what else a row may say; needed, defaults, companions: what a create sends; says: texts.

-- What a job writes. A row of anything that older releases do not know is not due for them, whatever the time (not_before is infinity): they
-- leave it alone, and its job is not done for them. Here it is due when due_at says.
alter table sync_job add column object text not null default 'people';
alter table sync_row add column newer boolean not null default false, add column due_at timestamptz,
    add column record_id bigint,                               -- of what is no person: its id in SalesLoft
    add column leave boolean not null default false,           -- the person is to leave the cadence
    add column left_cadence boolean not null default false,    -- and did
    add column changes jsonb,                                  -- of a dry run: {field: {"old","new"}}
    -- Of a job that may need an approval: the row waits for it, and, once it was counted, would change something, or not.
    add column waits boolean not null default false, add column would_change boolean;
create index sync_row_waits on sync_row (job, seq) where waits and state = 'open';
create index sync_row_uncounted on sync_row (job, seq) where waits and state = 'open' and would_change is null;
alter table sync_job
    add column left_cadence integer, add column cancelled integer, add column cancelled_at timestamptz,
    -- With more rows than approve_above that would change something the job waits for an approval. wait: counting, approval; null: it does not wait.
    add column approve_above integer, add column wait text, add column would_change integer, add column approved_at timestamptz, add column approved_by text;

-- Which accounts the mirror knows.
create index record_domain on record using hash (lower(btrim(document ->> 'domain'))) where resource = 'accounts';

-- When a row may be done.
create function due_from(newer boolean, due_at timestamptz, not_before timestamptz) returns timestamptz language sql immutable parallel safe as $$
    select coalesce(case when newer then due_at else not_before end, '-infinity')
$$;

-- A text without its quotes; null for what is no text.
create function plain_text(value jsonb) returns text language sql immutable parallel safe as $$
    select case when jsonb_typeof(value) = 'string' then value #>> '{}' end
$$;

-- A value as one is known by it: lower (without case), digits (of a phone), or as it is.
create function identity_form(form text, value text) returns text language plpgsql immutable parallel safe as $$
begin
    value := nullif(btrim(value), '');
    return case form when 'lower' then lower(value) when 'digits' then phone_digits(value) else value end;
end $$;

-- What a row, or a record of SalesLoft's, is known by, each with its kind in front: such as email:ann@example.com.
create function known_by(rules jsonb, document jsonb) returns text[] language plpgsql immutable parallel safe as $$
declare
    identity jsonb;
    value    text;
    part     text;
    found    text[] := '{}';
begin
    for identity in select i from jsonb_array_elements(rules -> 'identities') with ordinality a (i, n) order by n loop
        value := null;
        for n in 0 .. jsonb_array_length(identity -> 'fields') - 1 loop
            part := identity_form(identity -> 'forms' ->> n, document ->> (identity -> 'fields' ->> n));
            value := case when n = 0 then part else value || ' ' || part end;
        end loop;
        if value is not null then
            found := found || ((rules ->> 'prefix') || (identity ->> 'name') || ':' || value);
        end if;
    end loop;
    return found;
end $$;

-- Whom a row is about, where it is about a person and says so: by a field, perhaps only where another has a certain value.
create function person_about(rules jsonb, fields jsonb) returns bigint language sql immutable parallel safe as $$
    select case when rules -> 'about' ->> 'if' is null or lower(fields ->> (rules -> 'about' ->> 'if')) = rules -> 'about' ->> 'is' then to_bigint(fields ->> (rules -> 'about' ->> 'field')) end
$$;

-- The kinds of identities, each with what it begins with, and what SalesLoft is asked for it: by a list of values, or by a single one. A kind
-- that counts alone says who a row is only where the row is matched by it. Without a match it says who goes after whom, and no more. rank: which match is
-- preferred, where a row does not say by which.
create function identity_kinds(rules jsonb, out kind text, out match text, out alone boolean, out filter text, out single boolean, out field text, out form text, out rank bigint) returns setof record
    language sql immutable parallel safe rows 4 as $$
    select (rules ->> 'prefix') || (i ->> 'name') || ':', i ->> 'match', coalesce(cast(i ->> 'alone' as boolean), false), i ->> 'filter',
           coalesce(cast(i ->> 'single' as boolean), false), i -> 'fields' ->> 0, i -> 'forms' ->> 0,
           (select n from jsonb_array_elements_text(rules -> 'prefer') with ordinality p (preferred, n) where preferred = i ->> 'match')
      from jsonb_array_elements(rules -> 'identities') i
     union all
    select (rules ->> 'prefix') || 'id:', 'id', true, 'ids', false, 'id', null, null
$$;

-- What a record has under the name of a field that can be written.
create function shown_value(rules jsonb, record jsonb, name text) returns jsonb language plpgsql immutable parallel safe as $$
declare
    path jsonb := rules -> 'fields' -> name -> 'shown';
begin
    if path is null then
        return record -> name;
    end if;
    for n in 0 .. jsonb_array_length(path) - 1 loop
        record := record -> (path ->> n);
    end loop;
    return record;
end $$;

-- What has to be sent so that a record becomes as wanted: nothing ({}) when nothing differs. Fields that SalesLoft does not show (seen: false),
-- or takes only of what is new (on: create), are not compared.
create function differing(rules jsonb, fields jsonb, record jsonb, on_existing text) returns jsonb language plpgsql stable as $$
declare
    differing jsonb := '{}';
    field     record;
    rule      jsonb;
    current   jsonb;
    wanted    jsonb;
begin
    if on_existing = 'skip' then
        return differing;
    end if;
    for field in select key, value from jsonb_each(fields) loop
        rule := rules -> 'fields' -> field.key;
        continue when rule ->> 'seen' = 'false' or rule ->> 'on' = 'create';
        current := shown_value(rules, record, field.key);
        wanted := merged(field.key, field.value, current, on_existing = 'update');
        continue when rule ->> 'form' = 'moment' and to_instant(plain_text(wanted)) = to_instant(plain_text(current));
        continue when rule ->> 'form' = 'lower' and lower(plain_text(wanted)) = lower(plain_text(current));
        if not same_value(field.key, wanted, current) then
            differing := differing || jsonb_build_object(field.key, wanted);
        end if;
    end loop;
    return differing;
end $$;

-- What differs, as somebody reads it: {field: {"old","new"}}. record: null where there is none yet.
create function changes(rules jsonb, differing jsonb, record jsonb) returns jsonb language sql immutable parallel safe as $$
    select coalesce(jsonb_object_agg(key, jsonb_build_object('old', shown_value(rules, record, key), 'new', value)), '{}') from jsonb_each(differing)
$$;

-- What is sent, with what a field has to have with it: as it was given, or else what the rules say.
create function with_companions(rules jsonb, sent jsonb, given jsonb) returns jsonb language plpgsql immutable parallel safe as $$
declare
    companion record;
begin
    for companion in select f.key as field, c.key, c.value from jsonb_each(rules -> 'companions') f, jsonb_each(f.value) c loop
        if coalesce(sent ->> companion.field, '') <> '' then
            sent := sent || jsonb_build_object(companion.key, case when given ->> companion.key is not null then given -> companion.key else companion.value end);
        end if;
    end loop;
    return sent;
end $$;

-- What a create sends: what was given, what SalesLoft is to have where nothing was (defaults), numbers that it wants as a text
-- (texts), and, where it takes one, the key by which it keeps a second one out (key_field).
create function created_with(rules jsonb, given jsonb, key text) returns jsonb language sql immutable parallel safe as $$
    select with_companions(rules, coalesce(rules -> 'defaults', '{}') || jsonb_strip_nulls(given), given)
           || coalesce((select jsonb_object_agg(name, given ->> name) from jsonb_array_elements_text(rules -> 'texts') name where given ->> name is not null), '{}')
           || case when key is not null and rules ->> 'key_field' is not null then jsonb_build_object(rules ->> 'key_field', key) else '{}' end
$$;

-- The query that shows what a create has made, where no filter asks for it by what it is known by: that of the rules, with the fields that it names in braces.
create function made_query(rules jsonb, given jsonb, key text) returns text language plpgsql immutable parallel safe as $$
declare
    asked text := rules -> 'made' ->> 'query';
    field record;
begin
    for field in select f.key as name, f.value from jsonb_each_text(created_with(rules, given, key)) f loop
        asked := replace(asked, '{' || field.name || '}', url_encode(field.value));
    end loop;
    return asked;
end $$;

-- A text as it is compared: SalesLoft may keep a note with marks of HTML, and other white space.
create function flat_text(value text) returns text language sql immutable parallel safe as $$
    select btrim(regexp_replace(replace(replace(replace(replace(replace(regexp_replace(value, '</?[a-zA-Z][^>]*>', ' ', 'g'), '&lt;', '<'), '&gt;', '>'), '&quot;', '"'), '&nbsp;', ' '), '&amp;', '&'), '[[:space:]]+', ' ', 'g'))
$$;

-- What came of a row, as somebody reads it. What is no person has an id of its own; a dry run shows what would have changed.
create function result_document(r sync_row, object text) returns json language sql stable as $$
    select cast(concat('{', string_agg(to_json(n) || ' : ' || coalesce(cast(v as text), 'null'), ', ' order by p), '}') as json)
      from (values (1, 'row', to_json(r.number)), (2, 'key', to_json(r.key)), (3, 'outcome', to_json(r.outcome)), (4, case when object = 'people' then 'personId' else 'id' end, to_json(case when object = 'people' then r.person_id else r.record_id end)),
                   (5, case when object = 'people' then 'membershipId' end, to_json(r.membership_id)), (6, case when object = 'people' then 'enrolled' end, to_json(r.enrolled)),
                   (7, case when r.leave then 'left' end, to_json(r.left_cadence)), (8, case when object = 'people' then 'skipped' end, to_json(r.skipped)), (9, 'error', to_json(r.error)),
                   (10, case when r.changes is not null then 'changes' end, to_json(r.changes)), (11, 'original', to_json(r.original))) field (p, n, v)
     where n is not null
$$;

-- Whoever cancels a job has its rows end that nobody has begun; others end as they would have. Some at a time (most), of any job that was cancelled: a
-- worker that has a row in hand ends it itself (plan-rows.sql). Their keys are free for others (given, claim). As end-row.sql does it: only what may be kept stays, and results are told. The caller
-- holds the lock of the claims.
create function cancel_rows(policy text, publish boolean, most integer) returns integer language plpgsql as $$
declare
    next  record;
    ended integer;
    done  integer := 0;
begin
    for next in select j.* from sync_job j where j.finished_at is null and j.cancelled_at is not null order by j.at loop
        with rule as materialized (
            select private_rules(policy, next.object) as rules
        ), cancelled as (
            update sync_row r
               set state = 'done', outcome = 'cancelled', given = false, claim = null, error = 'the job was cancelled before this row was begun', ended_at = now(), fields = null, holder = null, fence = null, waits = false,
                   original = case when rules is null then r.original else coalesce(private_document(rules, next.object, r.original), '"erased"') end,
                   identities = case when hides then '{}' else r.identities end, email = case when not hides then r.email end, crm_id = case when not hides then r.crm_id end,
                   phone = case when not hides then r.phone end, last_name = case when not hides then r.last_name end
              from rule, lateral (select has_private_fields(rules, next.object) as hides) h,
                   (select c.seq, c.identities as known from sync_row c
                     where c.job = next.job and c.state = 'open' and (c.holder is null or not is_held(c.holder, c.fence))
                       and not exists (select from (values (''), (':given'), (':row')) kind (mark) cross join (values (''), (':enroll'), (':membership'), (':leave')) part (mark) join operation o on o.key = c.key || kind.mark || part.mark
                                        where o.job = c.job and o.state <> 'failed')
                     order by c.seq limit most - done) one
             where r.seq = one.seq
            returning r as row, one.known
        ), freed as (
            delete from sync_identity i using cancelled c where i.seq = (c.row).seq and i.identity = any (c.known)
        ), told as (
            insert into result_outbox (key, traceparent, document) select (c.row).key, next.traceparent, jsonb_build_object('job', next.job) || cast(result_document(c.row, next.object) as jsonb) from cancelled c where publish
        )
        select count(*) into ended from cancelled;
        done := done + ended;
        exit when done >= most;
    end loop;
    return done;
end $$;

-- Cancels a job: cancelled (also a second time), done (it is too late), or null: there is none.
create function cancel_job(name text, policy text, publish boolean) returns text language plpgsql as $$
declare
    found sync_job;
begin
    perform pg_advisory_xact_lock(72459917);
    select * into found from sync_job where cast(job as text) = lower(name);
    if found.job is null then
        return null;
    elsif found.finished_at is not null and found.cancelled_at is null then
        return 'done';
    end if;
    update sync_job set cancelled_at = coalesce(cancelled_at, now()), wait = null where job = found.job and finished_at is null;
    perform cancel_rows(policy, publish, 10000);
    return 'cancelled';
end $$;

-- Lets a job go on that waits for an approval: approved (also a second time), or why not (being counted, cancelled, not waiting), or null: there is none.
create function approve_job(name text, approver text) returns text language plpgsql as $$
declare
    found sync_job;
begin
    perform pg_advisory_xact_lock(72459917);
    select * into found from sync_job where cast(job as text) = lower(name);
    if found.wait = 'approval' then
        update sync_job set wait = null, approved_at = now(), approved_by = approver where job = found.job;
    end if;
    return case when found.job is null then null when found.wait = 'approval' or found.approved_at is not null then 'approved' when found.cancelled_at is not null then 'cancelled'
                when found.wait = 'counting' then 'being counted' else 'not waiting' end;
end $$;

-- Hands a worker rows of one job, as claim_chunk (V10) does, which an older release calls: it shares the lock and the columns with that. Rows that
-- are not for older releases are due when due_at says; those that wait for an approval are not done. Rows
-- that are to be counted come first (counting), in any order.
create function claim_rows_of_any(worker text, worker_fence bigint, only_urgent boolean, most integer, deep integer, policy text, publish boolean, out claimed_job uuid, out claimed integer, out counting boolean)
    language plpgsql set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
    -- Holders that are alive, each with its fence.
    alive   text[] := array(select l.name || ' ' || l.fence from lease l where l.name like 'push:%' and l.expires_at > now());
    next    record;
    before  bigint[];
    depth   integer;
    taken   bigint[]  := '{}';
    depths  integer[] := '{}';
    waiting text[]    := '{}';
    looked  integer   := 0;
    found   integer;
    changing integer;
begin
    perform pg_advisory_xact_lock(72459917);
    claimed := 0;
    counting := false;
    -- Left over from a chunk that was not ended.
    update sync_row set holder = null, fence = null where holder = worker and state = 'open';
    if (select paused from control) then
        return;
    end if;
    if exists (select from sync_job where finished_at is null and cancelled_at is not null) then
        perform cancel_rows(policy, publish, 5000);
    end if;
    -- What was approved, or needs no approval, waits no more: some rows at a time.
    update sync_row set waits = false where seq in (
        select r.seq from sync_job j, lateral (select seq from sync_row where job = j.job and waits and state = 'open' order by seq limit 1000) r
         where j.finished_at is null and j.approve_above is not null and j.wait is null);
    -- Counting first: it writes nothing, and takes a call or two for a hundred rows.
    if not only_urgent then
        for next in select j.job, j.approve_above from sync_job j where j.finished_at is null and j.wait = 'counting' order by j.at loop
            taken := array(select r.seq from sync_row r
                            where r.job = next.job and r.waits and r.state = 'open' and r.would_change is null and (r.holder is null or r.holder || ' ' || r.fence <> all (alive))
                            order by r.seq limit most);
            if taken <> '{}' then
                claimed_job := next.job;
                counting := true;
                exit;
            elsif not exists (select from sync_row r where r.job = next.job and r.waits and r.state = 'open' and r.would_change is null) then
                select count(*) into changing from sync_row r where r.job = next.job and r.would_change;
                update sync_job set would_change = changing, wait = case when changing > next.approve_above then 'approval' end where job = next.job;
            end if;
        end loop;
    end if;
    for next in
        select r.seq, r.job, r.identities from sync_row r
         where r.state = 'open' and not counting and r.urgent >= only_urgent and not r.waits and due_from(r.newer, r.due_at, r.not_before) <= now()
           and (r.holder is null or r.holder || ' ' || r.fence <> all (alive))
         order by r.urgent desc, r.seq
    loop
        looked := looked + 1;
        exit when looked > 50000 or looked > found + 500;
        -- Whoever comes after a row that waits waits, too.
        continue when next.job <> claimed_job or next.identities && waiting;
        -- For each identity the row just before this one. If that one is in the chunk, so are all others before it.
        before := array(select o.seq from unnest(next.identities) mine, lateral (select seq from sync_identity
                         where identity = mine and seq < next.seq order by seq desc limit 1) o);
        depth := case when before = '{}' then 1 when before <@ taken then (select 1 + max(depths[array_position(taken, b)]) from unnest(before) b) end;
        -- A later row may be in hand: its upload was stored sooner. (Where there is a row before, that one was asked.)
        if depth is null or depth > deep or exists (
            select from unnest(next.identities) mine
              join sync_identity o on o.identity = mine and o.seq > next.seq
              join sync_row x on x.seq = o.seq
             where x.holder is not null and x.holder || ' ' || x.fence = any (alive)
               and not exists (select from sync_identity e where e.identity = mine and e.seq < next.seq)) then
            if cardinality(waiting) < 200 then
                waiting := waiting || next.identities;
            end if;
            continue;
        end if;
        claimed_job := next.job;
        found := coalesce(found, looked);
        taken := taken || next.seq;
        depths := depths || depth;
        exit when cardinality(taken) >= most;
    end loop;
    update sync_row set holder = worker, fence = worker_fence where seq = any (taken) and state = 'open';
    get diagnostics claimed = row_count;
    update sync_job set started_at = now() where job = claimed_job and started_at is null and not counting;
end $$;

