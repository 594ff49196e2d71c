-- Rows that go to SalesLoft many at a time, by its bulk jobs (routes/sync/push-bulk.camel.yaml). A row of a batch stays open in sync_row, so
-- that rows for the same person wait for it; until parked_until of its batch nobody takes it in hand (not_before), in a release before this one either.
-- It belongs to the batch as long as its not_before is that instant. What is sent of it stands in the ledger (operation, holder push-bulk).
create table push_batch (
    id           bigint      generated always as identity primary key,
    -- With the number of the try it is the name of the bulk job at SalesLoft, by which that is found again.
    name         text        not null unique default 'push-' || gen_random_uuid(),
    job          uuid        not null,
    state        text        not null,                 -- the step that is next: gather, create, upload, start, wait, read; done
    rows         integer     not null,                 -- as they were gathered
    bytes        bigint      not null,
    parked_until timestamptz not null,
    next_at      timestamptz not null,                 -- when the step is due
    waits        integer     not null default 0,       -- how often this step has had to wait
    try          integer     not null default 1,       -- which bulk job it is; one whose upload is in doubt is left open, and another takes its place
    bulk_job     bigint,                               -- SalesLoft's id of it
    records      integer,                              -- that it holds
    results      integer     not null default 0,       -- that were read
    last_result  bigint      not null default 0,       -- SalesLoft's id of the last of them
    error        text,                                 -- why rows of it went by single calls
    at           timestamptz not null default now(),
    started_at   timestamptz,
    ended_at     timestamptz
);
create unique index push_batch_gathering on push_batch (job) where state = 'gather';
create index push_batch_due on push_batch (next_at) where state <> 'done';
create index push_batch_bulk_job on push_batch (bulk_job) where state <> 'done';

-- By what a record is recognised in the results: its person's id, or whom it creates. Gone with the result.
create table push_batch_row (
    seq        bigint primary key,
    batch      bigint not null,
    key        text   not null,                        -- of its entry in the ledger
    upsert_key text   not null,                        -- id, crm_id, email_address
    value      text   not null
);
create index push_batch_row_batch on push_batch_row (batch, value);
create index push_batch_row_value on push_batch_row (value);

-- Rows that have left a batch without a result go by single calls.
alter table sync_row add column alone boolean not null default false;

-- SalesLoft does not let us use bulk jobs. One row at most.
create table push_bulk_refusal (
    one     boolean     primary key default true check (one),
    at      timestamptz not null default now(),
    message text        not null
);
