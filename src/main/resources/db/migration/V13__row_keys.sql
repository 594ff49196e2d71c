-- The key that a row has claimed (claim-key.sql): of the rows with one key one is done. A row that has failed claims nothing, whoever
-- ended it. Older releases leave it empty, and go by key alone.
alter table sync_row add column claim text;
create unique index sync_row_claim on sync_row (claim) where claim is not null and outcome is distinct from 'failed';
