-- The next live records of the mirror, by id, and the query that asks SalesLoft for just these. What changed in
-- the last ten minutes is left for the next time: SalesLoft's list may not know it yet. No query: all have been asked for.
select cast(coalesce(json_agg(json_build_object('id', b.id, 'updated_at', b.updated_at, 'key', b.key)), '[]') as text) as asked,
       'per_page=' || cast(:#${ref:comparison-ids} as text) || '&' || min(c.list_order) || '&' || string_agg('ids%5B%5D=' || coalesce(url_encode(b.key), cast(b.id as text)), '&' order by b.id) as query,
       min(c.path) as path,
       min(c.list_order) as list_order,
       max(b.id) as last,
       count(b.id) as count
  from sync_cursor c join comparison k on k.resource = c.resource,
       -- By itself, so that each chunk begins where the last one ended, and does not read all before it again.
       lateral (select r.id, r.updated_at, r.key from record r
                 where r.resource = c.resource and r.id > k.after_id and r.deleted_at is null
                   and r.updated_at < now() - interval '10 minutes'
                 order by r.id limit cast(:#${ref:comparison-ids} as integer)) b
 where c.resource = :#${exchangeProperty.resource}
