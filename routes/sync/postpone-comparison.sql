-- A comparison that SalesLoft hindered stays open, and is tried again in ten minutes.
update comparison set error = :#${exception.message}, next_run_at = now() + interval '10 minutes'
 where resource = :#${exchangeProperty.resource}
