-- What came of a letter that went to the gateway again; the error of a refusal is in the letter already (store-dead-letter.sql).
-- No row: the letter is not dead any more.
update dead_letter l
   set state = case when ended.error is null then 'replayed' else 'dead' end
  from (select nullif(:#${exchangeProperty.failure}, '') as error) ended
 where l.id = cast(:#${exchangeProperty.letter} as bigint) and l.state = 'dead'
returning l.state, cast(row_to_json((select answer from (select l.id, l.state, ended.error) answer)) as text) as answer
