-- When an incident was seen last, by whichever replica: one that shows itself now and then is over when nobody has seen it for a while. The
-- release before does not know the column, and ends its incidents without it.
alter table incident add column seen_at timestamptz not null default clock_timestamp();
