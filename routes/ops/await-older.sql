-- Waits until what this container was writing as the erasure began is written, so that it is found; false: something takes longer.
select older_work_is_done(cast(:#${ref:older-work-longest} as interval)) as done
