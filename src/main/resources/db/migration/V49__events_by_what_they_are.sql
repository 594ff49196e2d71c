-- Events by the record that they are about, by their name, and by their time, whatever their state: for whoever looks for one among a million.
create index webhook_event_record on webhook_event using hash ((body ->> 'id'));
create index webhook_event_name on webhook_event (event text_pattern_ops, received_at);
create index webhook_event_received on webhook_event (received_at);
drop index webhook_event_done;
