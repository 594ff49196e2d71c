-- Runs of the go-live checklist: what each found, for which release.
create table checklist_run (
    id         text        primary key default cast(gen_random_uuid() as text),
    release    text        not null,
    begun_at   timestamptz not null default clock_timestamp(),
    ended_at   timestamptz,              -- null: it is being run
    document   jsonb                     -- null: it did not come to its end
);
-- One at a time.
create unique index checklist_run_open on checklist_run ((ended_at is null)) where ended_at is null;
create index checklist_run_ended on checklist_run (ended_at);
