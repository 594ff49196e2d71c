-- Migrations only ever add: an older release must keep running on a newer schema, or it could not be rolled back to.

-- The mirror: the newest known version of everything SalesLoft holds.
create table record (
    resource   text        not null,
    id         bigint      not null,
    updated_at timestamptz not null,
    document   jsonb       not null,
    deleted_at timestamptz,
    primary key (resource, id)
);
-- "What changed since" is the question analysts ask most.
create index record_updated on record (resource, updated_at);

-- What could not be stored or was refused for good; payload is text because it may be no valid JSON.
create table dead_letter (
    id      bigint generated always as identity primary key,
    at      timestamptz not null default now(),
    source  text        not null,
    error   text        not null,
    payload text,
    state   text        not null default 'dead'
);
-- A bad record is read again by every overlapping pull, and is one dead letter all the same.
create unique index dead_letter_once on dead_letter (source, md5(payload)) where state = 'dead';

-- Who may work on what. fence rises with every acquisition and goes into every write made under the lease.
create table lease (
    name       text        primary key,
    holder     text        not null,
    fence      bigint      not null,
    expires_at timestamptz not null
);

-- Where each pull stands. phase says how the next page is asked for:
--   from   records at or after the cursor        tie    records exactly at the cursor, page by page
--   after  records after the cursor              full   every record, page by page (no usable filter)
create table sync_cursor (
    resource       text        primary key,
    cursor         timestamptz,
    phase          text        not null default 'from',
    page           integer     not null default 1,
    tie_count      bigint,
    state          text        not null default 'idle',
    error          text,
    run_started_at timestamptz,           -- null: no run is open
    last_run_at    timestamptz,           -- start of the last run that reached the end
    finished_at    timestamptz,
    next_run_at    timestamptz not null default now(),
    pulled         bigint      not null default 0
);

-- Switches that hold for all replicas and across restarts. One row.
create table control (
    one    boolean primary key default true check (one),
    paused boolean not null default false,
    by     text,
    reason text,
    since  timestamptz
);
insert into control default values;

-- The last probe of SalesLoft, shared by all replicas. One row.
create table probe (
    one        boolean     primary key default true check (one),
    claimed_at timestamptz not null default '-infinity',
    at         timestamptz,
    connected  boolean     not null default false,
    latency_ms bigint,
    auth_down  boolean     not null default false
);
insert into probe default values;

-- Points of the team's rate limit, per clock window. Unlogged: after a crash of PostgreSQL an empty window is right.
create unlogged table rate_budget (
    window_start timestamptz primary key,
    spent        bigint not null,          -- reserved or known to be spent
    open         bigint not null           -- reserved, and not yet settled
);

-- The OAuth pair, encrypted under TOKEN_KEY. One row, changed only by compare-and-set on version.
create table oauth_token (
    one        boolean     primary key default true check (one),
    version    bigint      not null,
    pair       bytea       not null,
    changed_at timestamptz not null default now()
);

-- The ledger of mutations: one row per idempotency key. started and done are the truth about what was sent.
create table operation (
    key         text        primary key,
    operation   text        not null,
    resource    text        not null,
    actor       text        not null,
    state       text        not null,       -- started, done, failed
    holder      text        not null,       -- the process that sends it
    lease_until timestamptz not null,       -- after that another may
    request     jsonb,
    status      integer,
    answer      jsonb,
    attempts    integer     not null default 1,
    started_at  timestamptz not null default now(),
    ended_at    timestamptz
);
create index operation_ended on operation (ended_at);

create table audit_log (
    id              bigint generated always as identity primary key,
    at              timestamptz not null default now(),
    phase           text        not null,   -- intent, outcome
    operation       text        not null,   -- create, update, delete, enroll
    resource        text        not null,
    resource_id     bigint,
    idempotency_key text        not null,
    actor           text        not null,
    request         jsonb,
    status          integer,
    outcome         text,
    attempts        integer,
    duration_ms     bigint
);
create unique index audit_log_once on audit_log (idempotency_key, phase, attempts);

-- Nobody rewrites history, not even the owner of the table by mistake.
create function audit_log_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'audit_log is append-only';
end $$;
create trigger audit_log_append_only before update or delete or truncate on audit_log
    for each statement execute function audit_log_is_append_only();

-- An instant from ISO-8601 or an HTTP date, or null from anything else: one bad value must not fail a page of a hundred
-- records. PostgreSQL alone would take "yesterday" as well.
create function to_instant(value text) returns timestamptz language plpgsql stable as $$
begin
    return case when value ~ '^([0-9]{4}-[0-9]{2}-[0-9]{2}[T ]|[A-Z][a-z]{2}, [0-9]{2} )' then value::timestamptz end;
exception when others then
    return null;
end $$;

-- A page as JSON. PostgreSQL's operators refuse NUL characters and lone surrogates anywhere in what they read, so
-- those become U+FFFD first.
create function readable(page text) returns json language plpgsql immutable as $$
begin
    if strpos(page, '\u0000') + strpos(page, '\ud') + strpos(page, '\uD') > 0 then
        page := regexp_replace(regexp_replace(regexp_replace(page,
            '(?<!\\)((?:\\\\)*)\\u0000', '\1\\ufffd', 'g'),
            '(?<!\\)((?:\\\\)*)\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})', '\1\\ufffd', 'g'),
            '(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}', '\\ufffd', 'g');
    end if;
    return page::json;
end $$;

-- Reads one element of a page; what is no record comes back with its error.
create function read_document(element json, out id bigint, out updated_at timestamptz, out document jsonb, out error text)
    language plpgsql stable as $$
begin
    document := element::text::jsonb;
    id := (document ->> 'id')::bigint;
    updated_at := to_instant(document ->> 'updated_at');
    if id is null then
        error := 'no id';
    elsif updated_at is null then
        error := 'no updated_at';
    end if;
exception when others then
    error := sqlerrm;
end $$;

-- A document from any text; what is none is kept as a JSON string.
create function to_document(value text) returns jsonb language plpgsql stable as $$
begin
    return nullif(value, '')::jsonb;
exception when others then
    return to_jsonb(replace(value, '\u0000', ''));
end $$;

-- A document whose names of fields stay and whose values are gone, for the log.
create function masked(document text) returns text language plpgsql immutable as $$
begin
    return (select json_object_agg(case when key ~ '^[A-Za-z_][A-Za-z0-9_]*$' then key else '***' end, '***') from json_each(document::json));
exception when others then
    return '***';
end $$;

create function masked_emails(message text) returns text language sql immutable as $$
    select regexp_replace(message, '[^[:space:]"]*(@|%40|[0-9]{3})[^[:space:]"]*', '***', 'gi')
$$;
