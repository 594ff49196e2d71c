-- Notes what came of a call: answered, or the name of the failure; of a request the status, and its answer as the detail.
insert into exercise_outcome (exercise, outcome, detail)
values (:#${exchangeProperty.exercise[exercise]}, :#${exchangeProperty.outcome}, left(cast(:#${exchangeProperty.detail} as text), 1000))
