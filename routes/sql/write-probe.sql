-- What the probe found. An answer of SalesLoft to our token takes the auth alert back.
update probe
   set at = now(), connected = cast(:#${exchangeProperty.connected} as boolean),
       latency_ms = cast(:#${exchangeProperty.duration} as bigint),
       auth_down = auth_down and not cast(:#${exchangeProperty.authenticated} as boolean)
