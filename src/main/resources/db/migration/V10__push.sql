-- claim_rows has inflated costs (enable_seqscan = off), for which PostgreSQL would compile it at every call.
alter function claim_rows(text, bigint, boolean, integer) set jit = off;
