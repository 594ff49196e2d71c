-- The audit log by who did something, and by what was done: of those that hardly occur, too.
create index audit_log_actor on audit_log (actor, id) where phase = 'intent';
create index audit_log_operation on audit_log (operation, id) where phase = 'intent';
