-- Takes the pause back. Pulls that it stopped are due at once, each at its page.
with pause as (
    update control set paused = false, by = null, reason = null, since = null returning paused, by, reason, since
), due as (
    update sync_cursor set next_run_at = now() where state = 'paused'
)
select cast(row_to_json(pause) as text) as pause from pause
