-- Has the mirror of a resource sent again from its first record. No row: the mirror does not have it.
insert into republish (resource)
select resource from sync_cursor where resource = :#${body[resource]}
on conflict (resource) do update set after_id = 0, at = now()
returning resource
