-- A run that could not be ended is none.
delete from checklist_run where id = :#${header.run} and ended_at is null
