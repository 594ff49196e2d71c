-- Old windows of the budget.
delete from rate_budget where window_start < now() - cast(:#${ref:keep-windows} as interval)
