-- Once an incident, whichever replica notices first: only that one gets the row, and raises the alarm.
update probe set auth_down = true where not auth_down returning true as raised
