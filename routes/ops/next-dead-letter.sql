-- The next dead letter to replay, oldest first, of all or of those that were chosen; none that came after the replay began, or it might never end.
select id, begun.newest
  from dead_letter, (select coalesce(cast(:#${exchangeProperty.deadLetter[newest]} as bigint), (select max(id) from dead_letter)) as newest) begun
 where state = 'dead' and id > coalesce(cast(:#${exchangeProperty.deadLetter[id]} as bigint), 0) and id <= begun.newest
   and (cast(:#${exchangeProperty.chosen} as text) is null or id = any (cast(string_to_array(cast(:#${exchangeProperty.chosen} as text), ',') as bigint[])))
 order by id limit 1
