-- Waits until what this container was writing as the erasure began is written, so that it is found; in vain after ten seconds.
select older_work_is_done('10 seconds') as done
