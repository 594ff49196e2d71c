-- A day of windows is kept for capacity planning.
delete from rate_budget where window_start < now() - interval '1 day'
