-- The next dead letter to replay, oldest first; none that came after the replay began, or it might never end.
select id, begun.newest
  from dead_letter, (select coalesce(cast(:#${exchangeProperty.deadLetter[newest]} as bigint), (select max(id) from dead_letter)) as newest) begun
 where state = 'dead' and id > coalesce(cast(:#${exchangeProperty.deadLetter[id]} as bigint), 0) and id <= begun.newest
 order by id limit 1
