-- Has the mirror of a resource sent again from its first record. No row: the mirror does not have it.
insert into republish (resource, traceparent)
select resource, :#${exchangeProperty.traceparent} from sync_cursor where resource = :#${body[resource]}
on conflict (resource) do update set after_id = 0, at = now(), traceparent = excluded.traceparent
returning resource
