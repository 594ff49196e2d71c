-- Begins an erasure: from the moment this is committed nothing of the person is taken any more, by any replica. In the audit log without the address.
select begin_erasure(:#${ref:private-rules}, cast(:#${exchangeProperty.addresses} as text[]), :#${exchangeProperty.caller}) as run
