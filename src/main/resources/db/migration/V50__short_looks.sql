-- Until when the audit log was compared with the ledger: each comparison goes on from there, and does not read all of the log again.
create table audit_repair (
    one          boolean     primary key default true check (one),
    looked_until timestamptz not null
);
insert into audit_repair (looked_until) select greatest(coalesce(min(ended_at), now()), now() - interval '7 days') from operation;

-- Records that SalesLoft deleted are few among those that it did not.
create index record_deleted on record (deleted_at) where deleted_at is not null;
