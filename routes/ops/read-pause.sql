-- Whether everything but health is paused, by whom, why, and since when.
select cast(row_to_json(pause) as text) as pause from (select paused, by, reason, since from control) pause
