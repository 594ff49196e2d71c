-- What came of a dead letter that went to the gateway again; the body is the failure, or empty. The error of a refusal is in the dead
-- letter already (gateway-ledger-dead-letter). No row: it is not dead any more.
update dead_letter l
   set state = case when ended.error is null then 'replayed' else 'dead' end
  from (select nullif(:#${bodyAs(String)}, '') as error) ended
 where l.id = cast(:#${exchangeProperty.deadLetter[id]} as bigint) and l.state = 'dead'
returning l.state, cast(row_to_json((select answer from (select l.id, l.state, ended.error) answer)) as text) as answer
