-- A subscription that SalesLoft does not have any more.
delete from webhook_subscription where id = cast(:#${exchangeProperty.change[id]} as bigint)
