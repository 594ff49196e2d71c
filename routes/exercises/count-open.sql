-- Jobs that are not done yet, and the pull, until it has come to its end.
select (select count(*) from sync_job where finished_at is null) + (select count(*) from sync_cursor where finished_at is null) as open
