-- Takes the pause back, unless a rollback is under way, which is named then. Pulls that it stopped are due at once, each at its page.
with rollback as materialized (
    select (select id from rollback_run where ended_at is null) as id
), pause as (
    update control set paused = false, by = null, reason = null, since = null from rollback where rollback.id is null returning paused, by, reason, since
), due as (
    update sync_cursor set next_run_at = now() from pause where state = 'paused'
)
select (select cast(row_to_json(pause) as text) from pause) as pause, rollback.id as rollback from rollback
