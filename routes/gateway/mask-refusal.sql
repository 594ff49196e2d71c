-- What was sent and what SalesLoft said of it, without anybody's data.
select masked(:#${exchangeProperty.request}) as payload, masked_emails(:#${bodyAs(String)}) as reason
