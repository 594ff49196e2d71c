-- Takes back a run that came to no end, so that the next one need not wait for it.
delete from checklist_run where id = :#${header.run} and ended_at is null
