-- How many records the run that is open has read so far; null: no release that counts them has begun one. An older release leaves it as it is.
alter table sync_cursor add column run_seen bigint;

-- The newest events of each state are found without looking through the others.
create index webhook_event_dead on webhook_event (received_at) where state = 'dead';
