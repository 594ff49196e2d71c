-- claim_rows has inflated costs (enable_seqscan = off), for which PostgreSQL would compile it at every call.
alter function claim_rows(text, bigint, boolean, integer) set jit = off;

-- What came of the rows of a job that is not done, up to an instant: what came later is counted when somebody asks.
alter table sync_job add column tallied_to timestamptz, add column tally jsonb;
create function tallied(tally jsonb, name text) returns bigint language sql immutable as $$
    select coalesce(cast(tally ->> name as bigint), 0)
$$;
