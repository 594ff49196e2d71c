-- Notes what the container answered.
insert into reply (test, asked, expected, status, body)
values (cast(:#${exchangeProperty.test[id]} as bigint), :#${exchangeProperty.asked}, cast(:#${exchangeProperty.act[status]} as integer), cast(:#${header.CamelHttpResponseCode} as integer),
        as_json(cast(:#${bodyAs(String)} as text)))
