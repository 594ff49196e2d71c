-- What the console shows.

-- How many records the run that is open has read so far; null: no release that counts them has begun one. An older release leaves it as it is.
alter table sync_cursor add column run_seen bigint;

-- The newest events of each state are found without looking through the others.
create index webhook_event_dead on webhook_event (received_at) where state = 'dead';

-- The processes that are there, or were a while ago. Unlogged: after a crash of PostgreSQL each says within seconds that it is there.
create unlogged table replica (
    instance   text        primary key,    -- as it stands in lease
    name       text        not null,       -- of its host, on Kubernetes of its pod
    release    text        not null,
    started_at timestamptz not null default now(),
    seen_at    timestamptz not null default now()
);

-- One field of a CSV file, which no spreadsheet takes for a formula: what may begin one has an apostrophe before it, unless it is a plain number.
create function csv_field(value text) returns text language sql immutable parallel safe as $$
    select '"' || replace(case when value ~ '^\s*[=+@\uFF1D\uFF0B\uFF20\uFF0D-]|^[\t\r\n]' and value !~ '^[+-]?[0-9]+([.][0-9]+)?$' then '''' || value else coalesce(value, '') end, '"', '""') || '"'
$$;
