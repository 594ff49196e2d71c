-- Takes the payload of the next lines of the audit log that are about the person, and notes how far that is.
select coalesce(last, cast(:#${exchangeProperty.lines[last]} as bigint)) as last, last is not null as more, erased + cast(:#${exchangeProperty.lines[erased]} as bigint) as erased
  from erase_audit(:#${ref:private-rules}, cast(:#${exchangeProperty.addresses} as text[]), cast(cast(:#${exchangeProperty.people} as text) as text[]), :#${exchangeProperty.run},
                   cast(:#${exchangeProperty.lines[last]} as bigint), cast(:#${ref:audit-lines-at-once} as integer))
