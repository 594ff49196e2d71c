-- Takes the person out of everything but the audit log, in one transaction. busy: something is just being written for them, and nothing was touched.
select cast(removed as text) as removed, removed ->> 'busy' as busy
  from erase_person(:#${ref:private-rules}, cast(:#${exchangeProperty.addresses} as text[]), cast(cast(:#${exchangeProperty.people} as text) as text[]),
                    cast(:#${properties:salesloft.kafka-brokers} as text) <> '', :#${exchangeProperty.run}) removed
