-- Adds a value that SalesLoft refuses to look up to those before it, with what SalesLoft said.
select cast(cast(:#${exchangeProperty.refused} as jsonb) || jsonb_build_object('filter', cast(:#${exchangeProperty.lookup[filter]} as text),
           'value', cast(:#${exchangeProperty.lookup[values]} as jsonb) -> 0, 'error', left(cast(:#${exchangeProperty.refusal} as text), 1000)) as text) as refused
