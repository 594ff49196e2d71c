-- The ids of those whose address it is.
select cast(people_with(:#${ref:private-rules}, cast(:#${exchangeProperty.addresses} as text[])) as text) as people
