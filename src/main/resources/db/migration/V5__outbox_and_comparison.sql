-- What Kafka is to get, in the order in which the mirror took it. seq is the header "change": per record it rises with
-- every version, because it is drawn while the record's row is locked. Rows are gone once Kafka has acknowledged them.
create table outbox (
    seq        bigint      generated always as identity primary key,
    resource   text        not null,
    id         bigint      not null,
    updated_at timestamptz,
    document   jsonb,                      -- null: deleted
    source     text        not null,       -- pull, webhook, push
    event      text,
    at         timestamptz not null default now()
);

-- A resource whose mirror is sent again, and how far that has come.
create table republish (
    resource text        primary key,
    after_id bigint      not null default 0,
    at       timestamptz not null default now()
);

-- How SalesLoft's list of a resource is asked for, so that others than its pull can ask, too.
alter table sync_cursor add path text, add list_order text;

-- Where the search for vanished records stands: every id up to after_id has been asked for.
create table comparison (
    resource       text        primary key,
    after_id       bigint      not null default 0,
    run_started_at timestamptz,           -- null: no run is open
    finished_at    timestamptz,
    next_run_at    timestamptz not null default now(),
    compared       bigint      not null default 0,
    deleted        bigint      not null default 0,
    error          text
);
