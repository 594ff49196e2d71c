-- Lists that cannot be asked for records by id: what two readings of the whole list, one after the other, did not have is gone.
create table list_member (
    resource text        not null,
    id       bigint      not null,
    seen     timestamptz not null,   -- the start of the last reading that had it
    missed   integer     not null,   -- readings since then
    primary key (resource, id)
);

-- What SalesLoft said the list holds as its first pull, or its last reading whole, began; and what that costs. Null: it did not say.
alter table sync_cursor add column run_records bigint, add column run_points bigint;
