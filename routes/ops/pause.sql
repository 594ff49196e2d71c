-- Pauses every replica, until somebody resumes. Pausing once more changes nothing: who was first, and why, stays.
with pause as (
    update control
       set paused = true,
           by = case when paused then by else cast(:#${exchangeProperty.caller} as text) end,
           reason = case when paused then reason else cast(:#${exchangeProperty.reason} as text) end,
           since = case when paused then since else now() end
    returning paused, by, reason, since
)
select cast(row_to_json(pause) as text) as pause from pause
