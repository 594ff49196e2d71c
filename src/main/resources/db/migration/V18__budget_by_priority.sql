-- What each priority of our own calls has spent of a window, of all replicas together; the rest of spent is the team's other integrations', or was
-- closed by a 429. An older release leaves them as they are, so what it spends counts as others'.
alter table rate_budget
    add column bulk        bigint not null default 0,
    add column interactive bigint not null default 0,
    add column health      bigint not null default 0;

-- How often a list is read, as its route says; null before its first run.
alter table sync_cursor add column every interval;
