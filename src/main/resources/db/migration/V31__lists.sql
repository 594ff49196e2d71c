-- Lists that are described by their block in the routes alone: what their ids are, whom they are about, which view they have. And records
-- whose id in SalesLoft is no whole number, such as the UUIDs of opportunities and conversations.

-- A record with such an id has it in key, and in id a number that is made of it, from 2^62 up, where SalesLoft has no ids. So whatever goes by
-- (resource, id) works for both: the primary key, which keeps keys apart, too, cursors of comparisons and republishing, erasure, and the release before this one.
alter table record add column key text;

-- An id as it is compared: a UUID in lower case, whatever else as it is.
create function record_key(value text) returns text language sql immutable parallel safe as $$
    select case when value ~* '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' then lower(value) else value end
$$;

-- The number of an id that is a text: 62 bits of its hash. That two of ten million ids share one has a chance of one in a hundred thousand; the second
-- is then refused (keep_key) and becomes a dead letter, so that none takes the other's place.
create function text_id(key text) returns bigint language sql immutable parallel safe as $$
    select 4611686018427387904 + (cast(cast('x' || left(encode(sha256(convert_to(key, 'UTF8')), 'hex'), 16) as bit(64)) as bigint) & 4611686018427387903)
$$;

create function keep_key() returns trigger language plpgsql as $$
begin
    new.key := record_key(new.document ->> 'id');
    if new.key is null or text_id(new.key) <> new.id then
        raise exception 'the number of this record is not that of its id' using errcode = 'data_exception';
    elsif tg_op = 'UPDATE' and old.key <> new.key then
        raise exception 'two ids have one number' using errcode = 'unique_violation';
    end if;
    return new;
end $$;
create trigger record_key_insert before insert on record for each row when (new.id >= 4611686018427387904) execute function keep_key();
create trigger record_key_update before update of document on record for each row when (new.id >= 4611686018427387904) execute function keep_key();

-- Kafka's key of such a record is its id in SalesLoft, also for its tombstone. Stable: it sees the record that the same statement deletes.
create function keep_outbox_key() returns trigger language plpgsql stable as $$
begin
    new.key := coalesce(record_key(new.document ->> 'id'), (select r.key from record r where r.resource = new.resource and r.id = new.id));
    return new;
end $$;
create trigger outbox_key before insert on outbox for each row when (new.id >= 4611686018427387904 and new.key is null) execute function keep_outbox_key();

-- The blocks of the routes, as they were last pulled by.
create table mirrored_list (
    resource text primary key,
    path     text not null,
    ids      text not null,      -- number, text
    dated    boolean not null,   -- whether its records have an updated_at
    about    text not null,      -- person: a record goes whole when somebody it is about is erased; other: only what it says of them
    event    text not null,      -- what names of events begin with that bring its records; empty: none
    vanished text not null,      -- how deletions are found: ids, read
    columns  text not null,      -- of its view; empty: it has one by a migration, or none
    problem  text                -- why its view is not as its block says
);

-- The number by which a record goes whose ids may be texts. A whole number is one also where it is written as a text.
create function number_of(document jsonb) returns bigint language plpgsql immutable parallel safe as $$
declare
    given text := document ->> 'id';
begin
    if given ~ '^[0-9]{1,18}$' then
        return given::bigint;
    elsif jsonb_typeof(document -> 'id') is distinct from 'string' or given = '' then
        return null;
    elsif length(given) > 200 then
        raise exception 'its id is longer than 200 characters';
    end if;
    return text_id(record_key(given));
end $$;

-- Which version of which record a document is, or why that cannot be said. The id is of the kind the block says; a list whose records have no
-- updated_at (not dated) has them from now on.
create function read_change(document jsonb, ids text, dated boolean, out record bigint, out updated_at timestamptz, out error text)
    language plpgsql stable as $$
begin
    if ids = 'text' then
        record := number_of(document);
    else
        record := (document ->> 'id')::bigint;
        if record >= 4611686018427387904 then
            raise exception 'its id is too large a number';
        end if;
    end if;
    updated_at := to_instant(document ->> 'updated_at');
    if updated_at is null and not dated then
        updated_at := now();
    end if;
    error := case when record is null then 'no id' when updated_at is null then 'no updated_at' end;
exception when others then
    record := null;
    error := sqlerrm;
end $$;

-- The same for one element of a page, which may be no document to PostgreSQL.
create function read_record(element json, ids text, dated boolean, out id bigint, out updated_at timestamptz, out document jsonb, out error text)
    language plpgsql stable as $$
declare
    read record;
begin
    document := element::text::jsonb;
    read := read_change(document, ids, dated);
    id := read.record;
    updated_at := read.updated_at;
    error := read.error;
exception when others then
    error := sqlerrm;
end $$;

-- What the ids of a resource are, and whether its records have an updated_at: numbers, and they have, unless its block says otherwise.
create function ids_of(resource text) returns text language sql stable parallel safe as $$
    select coalesce((select l.ids from mirrored_list l where l.resource = ids_of.resource), 'number')
$$;
create function is_dated(resource text) returns boolean language sql stable parallel safe as $$
    select coalesce((select l.dated from mirrored_list l where l.resource = is_dated.resource), true)
$$;

-- Values of a column, or null from anything else.
create function to_numeric(value text) returns numeric language sql immutable parallel safe as $$
    select case when value ~ '^-?[0-9]{1,30}(\.[0-9]{1,30})?$' then cast(value as numeric) end
$$;
create function to_date_only(value text) returns date language plpgsql immutable parallel safe as $$
begin
    return case when value ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}' then cast(left(value, 10) as date) end;
exception when others then
    return null;
end $$;

-- A column of a view: where in the document it stands, and what it is.
create function view_column(name text, type text, path text[]) returns text language plpgsql immutable as $$
declare
    value text := 'document' || (select string_agg(case when n < cardinality(path) then ' -> ' else case type when 'json' then ' -> ' else ' ->> ' end end || quote_literal(p), '' order by n)
                                   from unnest(path) with ordinality e (p, n));
begin
    return case type when 'text' then value when 'json' then value when 'email' then 'lower(' || value || ')' when 'number' then 'to_numeric(' || value || ')'
                     when 'integer' then 'to_bigint(' || value || ')' when 'boolean' then 'to_boolean(' || value || ')' when 'instant' then 'to_instant(' || value || ')'
                     when 'date' then 'to_date_only(' || value || ')' when 'uuid' then 'to_uuid(' || value || ')' end || ' as ' || quote_ident(name);
end $$;

-- The query of a view, from the columns of a block: name, or name type, or name type path, comma between.
create function view_query(resource text, ids text, columns text) returns text language plpgsql immutable as $$
declare
    one    text;
    parts  text[];
    query  text := case ids when 'text' then 'coalesce(key, cast(id as text)) as id' else 'id' end || ', updated_at, to_instant(document ->> ''created_at'') as created_at';
begin
    foreach one in array regexp_split_to_array(btrim(columns), '\s*,\s*') loop
        parts := regexp_match(one, '^([a-z_][a-z0-9_]{0,62})(?: ([a-z]+))?(?: ([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*))?$');
        if parts is null then
            raise exception 'no column: %', one;
        elsif coalesce(parts[2], 'text') not in ('text', 'email', 'number', 'integer', 'boolean', 'instant', 'date', 'uuid', 'json') then
            raise exception 'no type of a column: %', parts[2];
        end if;
        query := query || ', ' || view_column(parts[1], coalesce(parts[2], 'text'), string_to_array(coalesce(parts[3], parts[1]), '.'));
    end loop;
    return format('select %s, document from record where resource = %L and deleted_at is null', query, resource);
end $$;

-- Makes a view, or makes it anew with the rights it had; what keeps it from that, or null. A table of that name, or a view that is not ours to make, stays.
create function keep_view(name text, query text) returns text language plpgsql set lock_timeout = '3s' as $$
declare
    mark   constant text := 'made from the routes';
    there  regclass := to_regclass(quote_ident(current_schema()) || '.' || quote_ident(name));
    rights text[];
    one    text;
begin
    if there is not null and obj_description(there, 'pg_class') is distinct from mark then
        return 'there is another table or view ' || name;
    end if;
    begin
        execute format('create or replace view %I as %s', name, query);
    exception when invalid_table_definition then -- a column went, or is another
        rights := array(select format('grant %s on %I to %s', a.privilege_type, name, case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end)
                          from pg_class c, aclexplode(c.relacl) a where c.oid = there and a.grantee <> c.relowner);
        execute format('drop view %I', name);
        execute format('create view %I as %s', name, query);
        foreach one in array rights loop
            execute one;
        end loop;
    end;
    execute format('comment on view %I is %L', name, mark);
    return null;
exception when others then
    return sqlerrm;
end $$;

-- Takes over what the block of a list says, and makes its view. Answers what is to be told of it, or null: a view that was made, or why one was not.
create function keep_list(said mirrored_list) returns text language plpgsql as $$
declare
    known mirrored_list;
begin
    select * into known from mirrored_list l where l.resource = said.resource;
    if known.problem is null and known is not distinct from said and (said.columns = '' or to_regclass(quote_ident(current_schema()) || '.' || quote_ident(said.resource)) is not null) then
        return null;
    end if;
    if said.columns <> '' then
        begin
            said.problem := keep_view(said.resource, view_query(said.resource, said.ids, said.columns));
        exception when others then
            said.problem := sqlerrm;
        end;
    end if;
    insert into mirrored_list select said.*
    on conflict (resource) do update
       set path = excluded.path, ids = excluded.ids, dated = excluded.dated, about = excluded.about, event = excluded.event, vanished = excluded.vanished, columns = excluded.columns, problem = excluded.problem;
    return case when said.problem is not null and said.problem is distinct from known.problem then 'the view was not made: ' || said.problem
                when said.problem is null and said.columns <> '' then 'the view is there' end;
end $$;

-- As before (V25), and what blocks say.
create or replace function outlives_people(resource text) returns boolean language sql stable parallel safe as $$
    select resource in ('people', 'users', 'accounts', 'cadences', 'steps', 'person_stages')
        or exists (select from mirrored_list l where l.resource = outlives_people.resource and l.about = 'other')
$$;
create or replace function event_resource(event text) returns text language sql stable parallel safe as $$
    select case substring(event from '^(.+)_(?:created|updated|deleted|completed|booked)$')
        when 'person' then 'people' when 'account' then 'accounts' when 'cadence' then 'cadences' when 'cadence_membership' then 'cadence_memberships' when 'user' then 'users'
        when 'email' then 'emails' when 'email_with_body_and_subject' then 'emails' when 'call' then 'calls' when 'note' then 'notes' when 'step' then 'steps'
        when 'success' then 'successes' when 'task' then 'tasks' when 'meeting' then 'meetings'
        else coalesce((select min(l.resource) from mirrored_list l where l.event <> '' and l.event = substring(event_resource.event from '^(.+)_(?:created|updated|deleted|completed|booked)$')), 'events') end
$$;

-- As before (V11), without lists that cannot be asked for records by id.
create or replace function due_comparison(resources text, hours text) returns text language sql stable as $$
    with allowed as (
        select cast(split_part(hours, '-', 1) as time) as opens, cast(split_part(hours, '-', 2) as time) as closes,
               cast(now() at time zone 'UTC' as time) as clock
    )
    select c.resource
      from sync_cursor c left join comparison k on k.resource = c.resource, allowed a, control
     where c.finished_at is not null and c.path is not null and not control.paused
       and c.resource = any(string_to_array(resources, ','))
       and not exists (select from mirrored_list l where l.resource = c.resource and l.vanished = 'read')
       and (k.resource is null or k.next_run_at <= now())
       and case when a.opens <= a.closes then a.clock >= a.opens and a.clock < a.closes else a.clock >= a.opens or a.clock < a.closes end
     order by k.run_started_at nulls last, k.next_run_at nulls first, c.resource
     limit 1
$$;
