-- Drills: what was tried on purpose, when, on which release, and whether it went well. They are kept: a checklist names the last one.
create table drill (
    id       text        primary key default cast(gen_random_uuid() as text),
    name     text        not null,           -- expired-token
    actor    text        not null,
    release  text        not null,
    began_at timestamptz not null default now(),
    ended_at timestamptz,
    healed   boolean,
    took_ms  bigint,
    reason   text                            -- why not, where it went wrong
);
-- One of a kind at a time.
create unique index drill_open on drill (name) where ended_at is null;
create index drill_ended on drill (name, ended_at);
