-- What the probe found; not asked for want of points (unknown), what was known stays known, and whoever looks next asks. An answer of SalesLoft to our token takes the auth alert back.
-- Row: whether operators were told that it is down, and have to be told that it is not (also by the next probe, when this process dies before that).
update probe
   set claimed_at = case :#${exchangeProperty.verdict[connected]} when 'unknown' then '-infinity' else claimed_at end,
       at = case when :#${exchangeProperty.verdict[connected]} = 'unknown' and at is null then null else now() end,
       connected = case :#${exchangeProperty.verdict[connected]} when 'unknown' then connected else :#${exchangeProperty.verdict[connected]} = 'true' end,
       latency_ms = case :#${exchangeProperty.verdict[connected]} when 'unknown' then latency_ms else cast(:#${sum(${exchange.clock.elapsed},-${exchangeProperty.begun})} as bigint) end,
       auth_down = auth_down and not (:#${exchangeProperty.verdict[connected]} <> 'unknown' and cast(:#${exchangeProperty.verdict[authenticated]} as boolean))
returning not auth_down and exists (select from incident where name = 'auth-down') as mended
