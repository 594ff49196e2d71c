-- People to write into SalesLoft. A job is what somebody handed over at once; it is there with all its rows, or not at all.
create table sync_job (
    job             uuid        primary key,
    idempotency_key text        unique,         -- as it was given; null: none
    digest          text        not null,       -- of the body, and of how it was to be taken
    actor           text        not null,       -- sync, ops, kafka
    on_existing     text        not null,       -- update, fill, skip
    dry_run         boolean     not null,
    total           integer     not null,
    at              timestamptz not null default now(),
    started_at      timestamptz,
    finished_at     timestamptz,
    created         integer,                    -- these are counted when it is done; until then they stand in its rows
    updated         integer,
    unchanged       integer,
    enrolled        integer,
    skipped         integer,
    failed          integer
);
create index sync_job_open on sync_job (at) where finished_at is null;

-- seq is the order in which rows for the same person are done, over all jobs.
create table sync_row (
    seq           bigint      generated always as identity primary key,
    job           uuid        not null,
    number        integer     not null,         -- in its job, from 1
    key           text        not null,         -- idempotency key
    given         boolean     not null,         -- whether the key was given, or made of job and number
    original      jsonb       not null,         -- as it came; a string if it is no JSON
    fields        jsonb,                        -- of the person, typed; null: the row is invalid
    match         text,                         -- id, crm_id, email, phone
    person        bigint,                       -- for match id
    email         text,                         -- trimmed, lower case
    crm_id        text,
    phone         text,                         -- with last_name, for match phone
    last_name     text,
    cadence_id    bigint,
    user_id       bigint,
    reenroll      boolean     not null default false,
    identities    text[]      not null default '{}',
    urgent        boolean     not null default false,
    state         text        not null,         -- open, done
    holder        text,                         -- the lease of the worker that has it in hand, and its fence
    fence         bigint,
    not_before    timestamptz,
    tries         integer     not null default 0,
    outcome       text,                         -- created, updated, unchanged, failed
    error         text,
    person_id     bigint,
    membership_id bigint,
    enrolled      boolean     not null default false,
    skipped       text,                         -- why there is no enrolment
    dry_subject   text,                         -- who would have been created
    ended_at      timestamptz
);
create unique index sync_row_number on sync_row (job, number);
create index sync_row_open on sync_row (urgent desc, seq) where state = 'open';
create index sync_row_unfinished on sync_row (job) where state = 'open';
create index sync_row_held on sync_row (holder) where holder is not null;
create index sync_row_given on sync_row (key) where given;
create index sync_row_pace on sync_row (job, ended_at) where ended_at is not null;
create index sync_row_dry on sync_row (job, dry_subject) where dry_subject is not null;

-- What a row that is not done says of who it is about. Two that share an identity are done one after the other.
create table sync_identity (
    identity text   not null,
    seq      bigint not null,
    primary key (identity, seq)
);

-- The job a mutation belongs to, and whom it creates: one create at a time for a person, whatever else goes wrong.
alter table operation add column job uuid, add column subject text;
create unique index operation_one_create on operation (subject) where state = 'started' and operation = 'create' and subject is not null;
alter table audit_log add column job uuid;
create index audit_log_resource on audit_log (resource, resource_id);
create index audit_log_at on audit_log (at);
-- Besides the trigger: who writes the log may not even try to change it.
do $$ begin execute format('revoke update, delete, truncate on audit_log from public, %I', current_user); end $$;

-- Rows of topics whose keys are no ids.
alter table outbox add column key text;

-- Who is known to the mirror.
create index record_email on record (lower(btrim(document ->> 'email_address'))) where resource = 'people';
create index record_phone on record ((document ->> 'phone'), lower(document ->> 'last_name')) where resource = 'people';
create index record_membership on record ((document -> 'person' ->> 'id'), (document -> 'cadence' ->> 'id')) where resource = 'cadence_memberships';

-- A value as its field has it (string, integer, boolean, array, object); null when it is of another type. A CSV has only text.
create function typed(value jsonb, type text, csv boolean) returns jsonb language sql immutable as $$
    select case
        when jsonb_typeof(value) = 'null' then value
        when type = 'object' then case jsonb_typeof(value) when 'object' then value end
        when csv then case type
            when 'string' then to_jsonb(btrim(value #>> '{}'))
            when 'integer' then case when btrim(value #>> '{}') ~ '^-?[0-9]{1,18}$' then to_jsonb(cast(value #>> '{}' as bigint)) end
            when 'boolean' then case lower(btrim(value #>> '{}')) when 'true' then to_jsonb(true) when 'false' then to_jsonb(false) end
            when 'array' then (select coalesce(jsonb_agg(btrim(part)), '[]') from regexp_split_to_table(value #>> '{}', '[,;]') part where btrim(part) <> '') end
        when type = 'string' then case jsonb_typeof(value) when 'string' then value end
        when type = 'integer' then case when jsonb_typeof(value) = 'number' and cast(value as text) ~ '^-?[0-9]{1,18}$' then value end
        when type = 'boolean' then case jsonb_typeof(value) when 'boolean' then value end
        when type = 'array' then case when jsonb_typeof(value) = 'array' and not jsonb_path_exists(value, '$[*] ? (@.type() != "string")') then value end
    end
$$;

-- null, an empty text and an empty list are the same to SalesLoft. (PL/pgSQL, because a chunk asks it a thousand times: it
-- evaluates such expressions much faster than a function in SQL.)
create function is_empty(value jsonb) returns boolean language plpgsql immutable as $$
begin
    return value is null or value in ('null', '""', '[]', '{}');
end $$;

-- What SalesLoft has under the name of a field that can be written.
create function current_value(person jsonb, name text) returns jsonb language plpgsql immutable as $$
begin
    return case name when 'owner_id' then person -> 'owner' -> 'id' when 'account_id' then person -> 'account' -> 'id'
                     when 'person_stage_id' then person -> 'person_stage' -> 'id' when 'import_id' then person -> 'import' -> 'id'
                     else person -> name end;
end $$;

-- What a field should become: tags and custom fields are added to what is there, everything else takes its place. Without
-- replace (onExisting=fill) what is there stays.
create function merged(name text, given jsonb, current jsonb, replace boolean) returns jsonb language plpgsql immutable as $$
begin
    if name in ('tags', 'custom_fields') and given in ('[]', '{}') then
        return current; -- nothing is added; null takes all away
    elsif name = 'tags' and not is_empty(given) and not is_empty(current) then
        return (select jsonb_agg(tag order by n) from (select tag, min(n) as n from jsonb_array_elements(current || given) with ordinality t (tag, n) group by tag) tags);
    elsif name = 'custom_fields' and not is_empty(given) and not is_empty(current) then
        return case when replace then current || given
                    else given || (select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(current) where not is_empty(value)) end;
    elsif replace or is_empty(current) then
        return given;
    end if;
    return current;
end $$;

-- Whether a field already has this value: e-mail addresses whatever their case, lists whatever their order, the custom
-- fields of SalesLoft are texts.
create function same_value(name text, wanted jsonb, current jsonb) returns boolean language plpgsql immutable as $$
begin
    if is_empty(wanted) or is_empty(current) then
        return is_empty(wanted) and is_empty(current);
    elsif name = 'email_address' then
        return lower(btrim(wanted #>> '{}')) = lower(btrim(current #>> '{}'));
    elsif jsonb_typeof(wanted) = 'array' and jsonb_typeof(current) = 'array' then
        return wanted @> current and current @> wanted;
    elsif name = 'custom_fields' then
        return not exists (select from jsonb_each_text(wanted) w where coalesce(w.value, '') <> coalesce(current ->> w.key, ''));
    end if;
    return wanted = current;
end $$;

-- What has to be sent so that a person becomes as wanted: nothing ({}) when nothing differs.
create function differing(fields jsonb, person jsonb, on_existing text) returns jsonb language plpgsql immutable as $$
declare
    differing jsonb := '{}';
    field     record;
    current   jsonb;
    wanted    jsonb;
begin
    if on_existing = 'skip' then
        return differing;
    end if;
    for field in select key, value from jsonb_each(fields) where key not in ('autotag_date', 'crm_id_type') loop
        current := current_value(person, field.key);
        wanted := merged(field.key, field.value, current, on_existing = 'update');
        if not same_value(field.key, wanted, current) then
            differing := differing || jsonb_build_object(field.key, wanted);
        end if;
    end loop;
    return differing;
end $$;

create function url_encode(value text) returns text language sql immutable strict as $$
    select coalesce(string_agg(case when letter ~ '^[A-Za-z0-9_.~-]$' then letter
                                    else regexp_replace(upper(encode(convert_to(letter, 'UTF8'), 'hex')), '(..)', '%\1', 'g') end, '' order by n), '')
      from regexp_split_to_table(value, '') with ordinality letters (letter, n)
$$;

-- Whether a worker that has taken a row is still there: it keeps its lease as long as it lives.
create function is_held(holder text, fence bigint) returns boolean language sql stable as $$
    select exists (select from lease l where l.name = is_held.holder and l.fence = is_held.fence and l.expires_at > now())
$$;

-- Hands a worker rows of one job, the urgent ones first, in their order: none that another worker has in hand, and none while a row
-- for the same person is before it or in hand. One claim at a time, and each sees what the one before has done; hence a
-- function, whose statements look again. The indexes are right however old the statistics are.
create function claim_rows(worker text, worker_fence bigint, only_urgent boolean, most integer, out claimed_job uuid, out claimed integer)
    language plpgsql set enable_seqscan = off set enable_bitmapscan = off as $$
begin
    perform pg_advisory_xact_lock(72459917);
    -- Left over from a chunk that was not ended.
    update sync_row set holder = null, fence = null where holder = worker and state = 'open';
    if (select paused from control) then
        return;
    end if;
    with candidate as materialized (
        select r.seq, r.job, r.urgent, r.identities from sync_row r
         where r.state = 'open' and (r.urgent or not only_urgent) and (r.not_before is null or r.not_before <= now()) and (r.holder is null or not is_held(r.holder, r.fence))
         order by r.urgent desc, r.seq limit 500
    ), free as materialized (
        select c.seq, c.job, c.urgent from candidate c
         where not exists (select from unnest(c.identities) mine join sync_identity other on other.identity = mine and other.seq <> c.seq
                            where other.seq < c.seq
                               or exists (select from sync_row x where x.seq = other.seq and x.holder is not null and is_held(x.holder, x.fence)))
    ), chosen as (
        select seq from free where job = (select job from free order by urgent desc, seq limit 1) order by seq limit most
    ), taken as (
        update sync_row r set holder = worker, fence = worker_fence from chosen where r.seq = chosen.seq returning r.job
    )
    select min(cast(job as text))::uuid, count(*) into claimed_job, claimed from taken;
    update sync_job set started_at = now() where job = claimed_job and started_at is null;
end $$;

-- A row as PostgreSQL reads it, or what keeps it from reading it.
create function read_row(value text, out document jsonb, out error text) language plpgsql immutable as $$
begin
    document := cast(value as jsonb);
exception when others then
    error := sqlerrm;
end $$;
