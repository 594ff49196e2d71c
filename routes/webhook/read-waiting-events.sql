-- The events among which is one that PostgreSQL refuses: as many as apply-events.sql takes at once.
select cast(count(*) as integer) as count, coalesce(cast(json_agg(id) as text), '[]') as ids
  from (select id from webhook_event where state = 'received' order by received_at limit 500) waiting
